"""English: day before month, 24 hours, so that nobody reads 8 May as 5 August."""

DATE_FORMAT = "j M Y"
TIME_FORMAT = "H:i"
DATETIME_FORMAT = "j M Y, H:i"
DAY_FORMAT = "D j M"
DAY_WITH_YEAR_FORMAT = "D j M Y"
INSTANT_FORMAT = "D j M, H:i"
INSTANT_WITH_YEAR_FORMAT = "D j M Y, H:i"
TICK_FORMAT = "j M"
# In a rung of the small ladder there is no room for more.
RUNG_FORMAT = "j M"
TICK_MONTH_FORMAT = "M Y"
