"""In which language and colours, and through whose eyes, are the pages shown? And what does the HTTP door offer?"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Form
from starlette.responses import RedirectResponse, Response

from smilecurve.app.http.asking import SCOPE_COOKIE, signed
from smilecurve.app.http.house import Asked, asked
from smilecurve.app.pages.rendering import A_YEAR, page, words_of
from smilecurve.app.pages.words import LANGUAGES
from smilecurve.terms.errors import Breach, NotAllowed
from smilecurve.terms.scope import MAKER, Scope

__all__ = ["router"]

router = APIRouter(include_in_schema=False)
Asks = Annotated[Asked, Depends(asked)]
THEMES = (("auto", "As the browser prefers"), ("light", "Light"), ("dark", "Dark"))


@router.get("/settings")
def settings(ask: Asks) -> Response:
    """Language, colours, scope."""
    words = words_of(ask.request)
    themes = [(code, words.text(said)) for code, said in THEMES]
    return page(ask, "settings.html", "settings", themes=themes, ceiling=str(ask.house.ceiling))


@router.post("/settings")
def keep(
    ask: Asks,
    back: Annotated[str, Form()] = "/",
    language: Annotated[str, Form()] = "",
    theme: Annotated[str, Form()] = "",
    scope: Annotated[str, Form()] = "",
) -> Response:
    """Keep what was chosen in cookies; a scope is signed and cannot be widened beyond the server's own."""
    inside = back if back.startswith("/") and not back.startswith("//") and "\\" not in back else "/"
    answer = RedirectResponse(inside, 303)
    if language in LANGUAGES:
        answer.set_cookie("smilecurve-language", language, max_age=A_YEAR, samesite="strict", httponly=True)
    if theme in dict(THEMES):
        answer.set_cookie("smilecurve-theme", theme, max_age=A_YEAR, samesite="strict", httponly=True)
    if scope.strip():
        chosen = Scope.parse(scope.strip())
        if ask.house.ceiling not in (MAKER, chosen):
            raise NotAllowed(Breach(f"{chosen} lies outside {ask.house.ceiling}", "scope", "ask the maker"))
        answer.set_cookie(SCOPE_COOKIE, signed(ask.house.key, str(chosen)), samesite="strict", httponly=True)
    return answer


@router.get("/api")
def interface(ask: Asks) -> Response:
    """The operations of the HTTP door, from the same description that programs read."""
    described = ask.request.app.openapi()
    groups: dict[str, list[dict[str, object]]] = {}
    for path, verbs in described["paths"].items():
        for verb, op in verbs.items():
            params = [
                {
                    "name": p["name"],
                    "where": p["in"],
                    "type": p.get("schema", {}).get("type", ""),
                    "said": p.get("description", ""),
                }
                for p in op.get("parameters", [])
            ]
            groups.setdefault(op.get("tags", ["other"])[0], []).append(
                {
                    "verb": verb.upper(),
                    "path": path,
                    "said": op.get("summary", ""),
                    "more": op.get("description", ""),
                    "params": params,
                    "answers": ", ".join(op.get("responses", {})),
                }
            )
    return page(ask, "api.html", "tables", groups=groups, openapi=described["openapi"])
