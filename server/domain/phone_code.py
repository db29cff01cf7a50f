"""The eight characters that a phone's check-up ends in, read back into words; `pwa/src/device/checkup_code.ts` writes them."""

from dataclasses import dataclass

SIGNS = "34679ACDEFHJKMNPRTUVWXY"
"""23 signs of which none looks like another; a prime, so that the check finds each wrong sign and each exchange."""

Words = tuple[str, str]
"""Chinese and English."""

CHECKS: tuple[tuple[str, Words, tuple[tuple[str, Words], ...]], ...] = (
    ("browser", ("浏览器", "Browser"), (
        ("plain", ("独立的浏览器", "a browser of its own")),
        ("wechat", ("开在微信里！", "inside WeChat!")),
        ("qq", ("开在 QQ 里！", "inside QQ!")),
        ("alipay", ("开在支付宝里！", "inside Alipay!")),
        ("dingtalk", ("开在钉钉里！", "inside DingTalk!")),
        ("wecom", ("开在企业微信里！", "inside WeCom!")),
        ("weibo", ("开在微博里！", "inside Weibo!")),
    )),
    ("installed", ("安装", "Installed"), (
        ("yes", ("从主屏幕打开", "opened from the home screen")),
        ("no", ("在网页里打开！", "opened in a browser tab!")),
    )),
    ("kept", ("内容保留", "Content kept"), (
        ("yes", ("浏览器已答应", "the browser promised")),
        ("no", ("浏览器没有答应！", "no promise!")),
        ("none", ("浏览器不作保证！", "this browser promises nothing!")),
    )),
    ("room", ("剩余空间", "Free space"), (
        ("ample", ("500 MB 以上", "500 MB or more")),
        ("little", ("不到 500 MB！", "less than 500 MB!")),
        ("none", ("不到 100 MB！", "less than 100 MB!")),
        ("unknown", ("浏览器没有说！", "the browser does not say!")),
    )),
    ("store", ("存储读写", "Storage"), (
        ("whole", ("20 MB 写入后读回一致", "20 MB read back the same")),
        ("broken", ("写入后读不回来！", "what was written cannot be read!")),
        ("full", ("空间太少，没有试写！", "too little space to try!")),
        ("untried", ("没有试！", "not tried!")),
    )),
    ("picture", ("照片处理", "Photos"), (
        ("worker", ("正常", "fine")),
        ("page", ("能处理，较慢", "made, but slowly")),
        ("broken", ("处理不了！", "cannot be made!")),
        ("untried", ("没有试！", "not tried!")),
    )),
    ("camera", ("相机", "Camera"), (
        ("granted", ("允许", "allowed")),
        ("ask", ("还没有问过！", "not asked yet!")),
        ("denied", ("不允许！", "not allowed!")),
        ("none", ("没有或被占用！", "none, or in use!")),
    )),
    ("position", ("定位", "Location"), (
        ("fix", ("误差 100 米以内", "within 100 m")),
        ("coarse", ("误差大于 100 米！", "worse than 100 m!")),
        ("ask", ("还没有问过！", "not asked yet!")),
        ("denied", ("不允许！", "not allowed!")),
        ("none", ("定不了位！", "no location!")),
    )),
    ("clock", ("手机时钟", "Clock"), (
        ("right", ("相差 5 分钟以内", "within 5 minutes")),
        ("off", ("相差 5 分钟以上！", "more than 5 minutes off!")),
        ("unknown", ("无法比较！", "nothing to compare with!")),
    )),
    ("worker", ("离线打开", "Opens offline"), (
        ("controls", ("可以", "yes")),
        ("waits", ("有新版本在等！", "a new version waits!")),
        ("missing", ("还没有就绪！", "not ready!")),
        ("none", ("浏览器不支持！", "not in this browser!")),
    )),
    ("server", ("服务器", "Server"), (
        ("reached", ("连得上", "reached")),
        ("offline", ("连不上！", "not reached!")),
        ("foreign", ("网络要先登录或被拦截！", "the network wants a log-in first!")),
    )),
    ("system", ("系统", "System"), (
        ("android", ("安卓", "Android")),
        ("ios", ("苹果", "iOS")),
        ("harmony", ("鸿蒙", "HarmonyOS")),
        ("other", ("其他", "other")),
    )),
)  # fmt: skip
"""Each check and its results in the order of the code; whatever is to be seen to ends in "!"."""

_NUMBERED = {name: tuple(result for result, _ in results) for name, _, results in CHECKS}


@dataclass(frozen=True)
class PhoneCode:
    """A code that was read: each check's result by name, and the sign that equal versions share."""

    results: dict[str, str]
    version: str


def read(code: str) -> PhoneCode | None:
    """What a code says; None where it was misheard: a wrong sign, two exchanged, or too few."""
    signs = "".join(sign for sign in code.upper() if sign.isalnum())
    values = [SIGNS.find(sign) for sign in signs]
    if len(values) != 8 or min(values) < 0:
        return None
    if sum(value * weight for weight, value in enumerate(values[:7], 1)) % len(SIGNS) != values[7]:
        return None
    names = list(_NUMBERED)
    results: dict[str, str] = {}
    for at, value in enumerate(values[:6]):
        first, second = names[2 * at : 2 * at + 2]
        high, low = divmod(value, len(_NUMBERED[second]))
        if high >= len(_NUMBERED[first]):
            return None
        results |= {first: _NUMBERED[first][high], second: _NUMBERED[second][low]}
    return PhoneCode(results, signs[6])
