"""What a browser may lack: cookies inside frames, cookies at all, JavaScript, a mouse."""

from playwright.sync_api import FrameLocator, expect

from tests.fakes.http_server import Handler, serving
from tests.journeys.conftest import ALGEBRA, Arriving
from tests.journeys.stage import Scene, Visitor, say

MOST_TABS = 40


def check_in(visitor: Visitor, name: str) -> None:
    """Check in from home, come back later to the same page and find it done."""
    visitor.sees_heading(say("home.hello", name=name))
    visitor.check_in()


def cookies_kept(visitor: Visitor) -> str:
    """Which cookies the browser brings back inside a frame of another site."""

    def answer(request: Handler) -> None:
        if request.path == "/show":
            request.reply(200, f"brought: {request.headers.get('Cookie')}".encode(), Content_Type="text/html")
            return
        request.send_response(302)
        request.send_header("Location", "/show")
        for name, more in (("plain", ""), ("partitioned", "; Partitioned")):
            request.send_header("Set-Cookie", f"{name}=1; SameSite=None; Secure; Path=/{more}")
        request.send_header("Content-Length", "0")
        request.end_headers()

    with serving() as probe:
        probe.answer = answer
        address = probe.address.replace("127.0.0.1", "localhost")
        visitor.page.goto(f"{visitor.scene.frame.address}/?show={address}/set")
        said = visitor.inside.get_by_text("brought:").inner_text()
    visitor.asked = [url for url in visitor.asked if not url.startswith(address)]
    return said.removeprefix("brought: ")


def test_where_third_party_cookies_are_blocked(visitor: Visitor, scene: Scene) -> None:
    assert cookies_kept(visitor) == "partitioned=1"
    visitor.open(scene.practice.launch_url("s-3", ALGEBRA.context))
    check_in(visitor, "Student 3")


def test_with_every_cookie_and_with_none(extreme: Visitor, scene: Scene) -> None:
    kept = cookies_kept(extreme)
    assert kept in ("None", "plain=1; partitioned=1")
    student = 4 if kept == "None" else 5
    extreme.open(scene.practice.launch_url(f"s-{student}", ALGEBRA.context))
    check_in(extreme, f"Student {student}")


def test_without_javascript(arrive: Arriving, scene: Scene) -> None:
    visitor = arrive(java_script_enabled=False)
    visitor.open(scene.practice.launch_url("s-6", ALGEBRA.context), press_continue=True)
    check_in(visitor, "Student 6")
    visitor.inside.get_by_role("button", name=say("nav.sign_out")).click()
    expect(visitor.inside.get_by_role("heading", level=1)).to_have_text(say("goodbye.title"))


def focused(inside: FrameLocator) -> str:
    """What has the focus inside the frame."""
    return str(inside.locator("body").evaluate("() => (document.activeElement.innerText || '').trim()"))


def test_by_keyboard_alone(visitor: Visitor, scene: Scene) -> None:
    visitor.open(scene.practice.launch_url("s-7", ALGEBRA.context))
    visitor.sees_heading(say("home.hello", name="Student 7"))
    for _ in range(MOST_TABS):
        visitor.page.keyboard.press("Tab")
        if focused(visitor.inside) == say("home.check_in"):
            break
    outline = visitor.inside.locator(":focus").evaluate("one => getComputedStyle(one).outlineStyle")
    assert (focused(visitor.inside), outline != "none") == (say("home.check_in"), True)
    visitor.page.keyboard.press("Enter")
    visitor.finish_check_in()
