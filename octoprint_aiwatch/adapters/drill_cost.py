"""What a drill's call costs, in words and as a number, before it is made."""

from __future__ import annotations

from typing import Any, Optional

from ..backends.base import Backend
from ..core.tariff import cost_usd
from ..core.words import Tongue, say
from .calls import CallCount


def cost(
    backend: type[Backend], calls: CallCount, tongue: Tongue
) -> tuple[Optional[float], list[str]]:
    """The price in US dollars, None if nobody told us; and sentences about it."""
    params: dict[str, Any] = {"backend": tongue(backend.label)}
    if backend.tariff is None:
        is_sent = any(one.type == "url" for one in backend.fields)
        code = "drill_own_server" if is_sent else "drill_free"
        return 0.0, [say(code, params, tongue)]
    used = calls.this_month(backend.key)
    after = cost_usd(backend.tariff, used + 1)
    price = None
    if after is None:
        says = [say("drill_unpriced", params, tongue)]
    else:
        price = round(after - (cost_usd(backend.tariff, used) or 0.0), 4)
        code = "drill_priced" if price else "drill_free_call"
        params = {**params, "price": price, "used": used, "free": backend.tariff.free}
        says = [say(code, params, tongue)]
    left = calls.left((backend.key,))
    if left:
        says.append(say("drill_left", {"left": left[backend.key]}, tongue))
    return price, says
