"""The words of billing pages, English and Chinese, and how a text is made plain before it is read."""

import re
from collections.abc import Mapping

# Full-width signs as Chinese and Japanese keyboards write them, the true minus, and the spaces that group digits.
NARROW = {0xFEE0 + code: code for code in range(0x21, 0x7F)} | {
    0x2212: "-",
    0x3000: " ",
    0x00A0: " ",
    0x202F: " ",
    0x2009: " ",
    0xFFE5: "¥",
}
LONGEST = 100
# What stands in a cell that holds nothing.
NOTHING = frozenset(("-", "--", "–", "—", "―", "n/a", "N/A"))


class Unclear(ValueError):
    """A text that says nothing certain; `code` says why: none, ambiguous, mixed, future, early, gap, long.

    Of the name of an account: missing, unknown, several, archived, other, left_out.
    """

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def plain(text: str) -> str:
    """The text with ASCII digits and signs and single spaces. Unclear (long) when it is too long to be one value."""
    if len(text) > LONGEST:
        raise Unclear("long")
    return " ".join(narrow(text).split())


def key_of(text: str) -> str:
    """A heading or a word as the tables below hold it: without case, signs and what stands in brackets."""
    return re.sub(r"[\W_]+", " ", re.sub(r"\(.*?\)", " ", narrow(text).casefold())).strip()


def narrow(text: str) -> str:
    """The text with ASCII digits and signs; everything else stays."""
    return text if text.isascii() else text.translate(NARROW)


def _table(said: Mapping[str, str]) -> dict[str, str]:
    """{meaning: "word, word"} turned round."""
    return {key_of(word): meaning for meaning, words in said.items() for word in words.split(",")}


# "refunded" is no status of a ledger: what it means is asked for (rows.py).
STATUSES = _table(
    {
        "succeeded": "paid, succeeded, success, successful, complete, completed, settled, captured, charged, ok, "
        "成功, 已支付, 支付成功, 付款成功, 已付款, 已付, 交易成功, 已完成, 完成, 充值成功, 已到账, 成功支付",
        "pending": "pending, processing, open, in progress, unpaid, due, authorized, requires action, "
        "处理中, 待支付, 待付款, 未支付, 未付款, 待处理, 进行中, 待确认",
        "failed": "failed, failure, declined, canceled, cancelled, expired, uncollectible, error, rejected, "
        "失败, 支付失败, 付款失败, 交易失败, 已取消, 取消, 已关闭, 交易关闭, 已拒绝",
        "void": "void, voided, 作废, 已作废",
        "refunded": "refunded, refund, fully refunded, 退款, 已退款, 已全额退款, 退款成功",
    }
)
KINDS = _table(
    {
        "purchase": "purchase, payment, charge, credit purchase, top up, topup, prepaid, one time, "
        "购买, 充值, 付款, 支付, 手动充值, 预付, 预付费",
        "auto_recharge": "auto recharge, auto reload, auto top up, automatic recharge, 自动充值, 自动续充",
        "invoice": "invoice, invoice paid, monthly invoice, subscription, postpaid, 账单, 发票, 月结, 后付费",
        "grant": "grant, credit grant, free credit, trial, 赠送, 赠金, 试用, 授予",
        "promo": "promo, promotion, promotional credit, coupon, voucher, 促销, 优惠, 优惠券, 代金券",
        "transfer": "transfer, credit transfer, transferred credit, 转账, 转移, 划转, 转入",
        "refund": "refund, refunded, reversal, 退款, 已退款",
        "chargeback": "chargeback, dispute, disputed, 拒付, 争议",
    }
)
HEADINGS = _table(
    {
        "day": "date, day, paid on, paid at, payment date, invoice date, created, created at, created date, date utc, "
        "created utc, issued, date of issue, transaction date, time created, datetime, timestamp, paid, billing date, "
        "日期, 时间, 支付日期, 付款日期, 支付时间, 付款时间, "
        "交易日期, 交易时间, 创建时间, 账单日期, 充值时间, 开票日期",
        "clock": "time, hour, time of day, 时刻, 具体时间",
        "amount": "amount, total, gross, amount paid, total amount, amount due, charge, price, sum, paid amount, "
        "amount usd, total usd, value, gross amount, credit, "
        "金额, 总额, 总金额, 支付金额, 付款金额, 实付金额, 交易金额, 充值金额, 合计, 金额元, 实付",
        "currency": "currency, currency code, ccy, 币种, 货币",
        "rate": "rate, exchange rate, fx rate, usd rate, 汇率",
        "tax": "tax, vat, gst, sales tax, tax amount, vat amount, tax in it, 税, 税额, 税费, 增值税, 税金",
        "status": "status, state, payment status, result, 状态, 支付状态, 付款状态, 交易状态, 当前状态",
        "kind": "kind, type, payment type, transaction type, category, 类型, 种类, 交易类型, 类别, 付款类型",
        "reference": "reference, ref, invoice, invoice number, invoice no, invoice id, number, receipt, "
        "receipt number, receipt no, id, transaction id, payment id, order, order number, order id, "
        "发票号, 发票号码, 发票编号, 收据号, 收据编号, 编号, 单号, 订单号, 交易单号, 交易号, 流水号, 账单编号, 参考号",
        "expires": "expires, expires on, expires at, expiry, expiry date, expiration, expiration date, valid until, "
        "valid to, valid through, usable until, "
        "有效期, 有效期至, 有效期限, 到期日, 到期日期, 到期时间, 过期日期, 过期时间, 失效日期, 失效时间, 有效截止日期",
        "account": "account, account name, account id, organization, organisation, organization name, organization id, "
        "org, org name, org id, billing account, billing account id, "
        "账户, 账号, 帐户, 帐号, 账户名, 账户名称, 账户id, 组织, 组织名称, 组织id, 机构, 结算账户",
        "note": "note, notes, description, memo, comment, details, remark, remarks, 备注, 说明, 描述, 摘要",
    }
)
# Words of a page that are to be pressed and say nothing.
BUTTONS = frozenset(
    _table(
        {
            "": "view, view invoice, view receipt, view details, download, download invoice, download receipt, "
            "download pdf, pdf, open, details, more, action, actions, manage, copy, pay, pay now, show more, "
            "查看, 查看发票, 查看收据, 查看详情, 下载, 下载发票, 下载收据, 下载pdf, 打开, 详情, 操作, 更多, 管理, "
            "复制, 去支付, 立即支付"
        }
    )
)
CURRENCIES = (
    *("USD", "EUR", "GBP", "CNY", "JPY", "HKD", "TWD", "SGD", "CAD", "AUD", "NZD", "CHF", "INR", "KRW", "BRL", "MXN"),
    *("SEK", "NOK", "DKK", "PLN", "CZK", "HUF", "ILS", "TRY", "ZAR", "AED", "SAR", "THB", "IDR", "MYR", "PHP", "VND"),
)
BARE_YEN = "¥"
SIGNS = {
    **{code: code for code in CURRENCIES},
    "US$": "USD",
    "US": "USD",
    "$": "USD",
    "美元": "USD",
    "美金": "USD",
    "刀": "USD",
    "€": "EUR",
    "欧元": "EUR",
    "£": "GBP",
    "英镑": "GBP",
    # Yuan or yen: the table says which, or somebody is asked (currencies.py).
    "¥": BARE_YEN,
    "CN¥": "CNY",
    "RMB": "CNY",
    "RMB¥": "CNY",
    "人民币": "CNY",
    "元": "CNY",
    "圆": "CNY",
    "块": "CNY",
    "JP¥": "JPY",
    "円": "JPY",
    "日元": "JPY",
    "日圆": "JPY",
    "日币": "JPY",
    "HK$": "HKD",
    "港元": "HKD",
    "港币": "HKD",
    "NT$": "TWD",
    "新台币": "TWD",
    "S$": "SGD",
    "CA$": "CAD",
    "C$": "CAD",
    "A$": "AUD",
    "AU$": "AUD",
    "₹": "INR",
    "₩": "KRW",
}
MONTHS = {
    name: number
    for number, names in enumerate(
        (
            *("jan january", "feb february", "mar march", "apr april", "may", "jun june", "jul july", "aug august"),
            *("sep sept september", "oct october", "nov november", "dec december"),
        ),
        start=1,
    )
    for name in names.split()
}
