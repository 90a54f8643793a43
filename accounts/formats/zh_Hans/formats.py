"""Simplified Chinese."""

DATE_FORMAT = "Y年n月j日"
TIME_FORMAT = "H:i"
DATETIME_FORMAT = "Y年n月j日 H:i"
DAY_FORMAT = "n月j日 D"
DAY_WITH_YEAR_FORMAT = "Y年n月j日 D"
INSTANT_FORMAT = "n月j日 D H:i"
INSTANT_WITH_YEAR_FORMAT = "Y年n月j日 D H:i"
TICK_FORMAT = "n月j日"
# In a rung of the small ladder there is no room for more.
RUNG_FORMAT = "n/j"
TICK_MONTH_FORMAT = "Y年n月"
