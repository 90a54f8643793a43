import io, zipfile, time
import pytest
from django.utils import timezone, translation
from zoneinfo import ZoneInfo
from accounts import papers, rules
from tests import make
from pathlib import Path
pytestmark = pytest.mark.django_db
def test_look():
    owner = make.make_user(name="Ann Müller")
    a = make.make_account(owner, name="production-eu", organization_ref="org-Kq7dEu01", now=make.instant("05-01T10:00"), payments=[("25.00","05-01T10:00")])
    now = make.instant("05-12T15:30")
    p=make.make_payment(a,"25.00","05-01T12:00",now=now,reference="INV-20417")
    make.make_payment(a,"100","05-02T12:00",now=now,kind="grant",note="startup programme 首次充值 with a rather long note that must wrap somewhere")
    make.make_payment(a,"20","05-03T12:00",now=now,currency="EUR",rate=__import__("decimal").Decimal("1.1"), tax=__import__("decimal").Decimal("3.19"))
    make.make_payment(a,"5.00","05-08T12:00",now=now,reference="INV-21190")
    make.make_payment(a,"5.00","05-09T12:00",now=now,kind="refund",undoes=p)
    make.make_payment(a,"25","05-11T12:00",now=now,status="failed")
    from accounts.models import Account
    from accounts import actions
    actions.reconcile(now=now)
    a=Account.objects.get(pk=a.pk)
    with timezone.override(ZoneInfo("Asia/Shanghai")):
      for lang in ("en","zh-hans"):
        for hid in (rules.Hidden(), rules.Hidden(True,True)):
            case=papers.case_of(a,by=owner,now=now)
            t=time.time()
            pack=papers.Evidence(case,papers.Wishes("tier-2",lang,hid)).pack()
            print(time.time()-t, len(pack.content), pack.name)
            d=Path(f"/tmp/ev-look/{lang}{'-h' if hid.amounts else ''}"); d.mkdir(parents=True,exist_ok=True)
            zipfile.ZipFile(io.BytesIO(pack.content)).extractall(d)
