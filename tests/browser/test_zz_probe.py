import time, json, pytest
from tests.browser.conftest import RULES
from tests.browser.test_pupil import autumn
from tests.browser.test_take_register import nine_b, address
from axe_playwright_python.sync_playwright import Axe
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
def test_probe(autumn, nine_b, signed_in_page):
    axe=Axe()
    page = signed_in_page(autumn.sandra, viewport={"width":390,"height":844})
    for path in ("/pupils/", f"/pupils/{autumn.callum.pk}/", f"/pupils/{autumn.callum.pk}/marks/", address(nine_b)):
        for name,o in (("as is",RULES),("as is",RULES),("types",RULES|{"resultTypes":["violations"]}),("types nosel",RULES|{"resultTypes":["violations"],"selectors":False}),("types nopre",RULES|{"resultTypes":["violations"],"selectors":False,"preload":False,"elementRef":False,"ancestry":False})):
            t=time.perf_counter(); page.goto(path); t1=time.perf_counter(); page.evaluate(axe.axe_script); t2=time.perf_counter()
            r=page.evaluate("axe.run(%s)"%json.dumps(o)); t3=time.perf_counter()
            print(path,name,"goto %.2f inject %.2f run %.2f"%(t1-t,t2-t1,t3-t2), len(json.dumps(r)), len(r["violations"]), len(r["passes"]), len(r["incomplete"]))
        page.evaluate(axe.axe_script)
        r=page.evaluate("axe.run(%s)"%json.dumps(RULES|{"resultTypes":["violations"],"performanceTimer":True}))
        rules=page.evaluate("axe.getRules(['wcag2a','wcag2aa','wcag21a','wcag21aa','wcag22aa']).map(r=>r.ruleId)")
        ts={}
        for rule in rules:
            t=time.perf_counter(); page.evaluate("axe.run({runOnly:{type:'rule',values:['%s']},resultTypes:['violations']})"%rule); ts[rule]=time.perf_counter()-t
        print(sorted(((round(v,3),k) for k,v in ts.items()),reverse=True)[:6])
        print(page.evaluate("document.querySelectorAll('*').length"))
