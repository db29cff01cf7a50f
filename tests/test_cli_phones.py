"""The command with which headquarters reads a phone's check-up code."""

from tests.domain.test_phone_code import coded
from tests.test_cli import Run, one_sentence, xunting

__all__ = ["xunting"]

GOOD = coded([0] * 12, 4)
WECHAT = coded([1, 1, 1, 1, 0, 0, 2, 3, 1, 2, 2, 1], 4)


def test_a_code_is_said_in_words(xunting: Run) -> None:
    code, printed, _ = xunting("phone-doctor", GOOD)
    assert code == 0
    assert printed.count("\n") == 13
    assert "!" not in printed
    printed = xunting("phone-doctor", WECHAT.lower().replace("-", ""))[1]
    assert "Browser: inside WeChat!" in printed
    assert "Clock: more than 5 minutes off!" in printed
    assert "System: iOS" in printed
    assert "浏览器: 开在微信里！" in xunting("phone-doctor", WECHAT, LANG="zh_CN.UTF-8")[1]


def test_a_code_that_was_misheard_is_refused_in_a_sentence(xunting: Run) -> None:
    assert "no check-up code" in one_sentence(xunting("phone-doctor", "3333-3334"))
