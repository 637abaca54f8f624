"""What all pages share: templates, the frame's figures, notices, addresses for maps."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import urlencode

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from sqlalchemy.orm import Session

from app import dossier, footnotes, languages, screening, wording
from app.catalogue import CATALOGUE_LICENCE, Collection
from app.errors import BadParameter, PortalError
from app.guards.headers import make_nonce, page_policy
from app.languages import gettext as _
from app.maps import MapLayer, to_script_json
from app.params import parse_moment
from app.params.views import page_theme
from app.queries import records
from app.queries.vocabulary import Vocabulary
from app.routes.common import base_url
from app.routes.speaking import PARAMETER, alternates, choice_of, keep_language, notices_of_language
from app.settings import Settings
from app.values import BBox, Moment

# Parameters that every page takes.
FRAME_PARAMETERS = ("theme", PARAMETER)
# Parameters of pages that show records: another moment.
CLOCKS = ("revision", "as_of")


# Degrees of map round a block.
_MARGIN_DEGREES = 0.05


def make_templates(settings: Settings) -> Environment:
    """The templates with their words; a name that a page forgets to give is an error, not a gap."""
    environment = Environment(
        loader=FileSystemLoader(settings.frontend_dir / "templates"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
    )
    # The extension adds this by itself; the types do not say so.
    environment.install_gettext_callables(languages.find, languages.find_plural, newstyle=True)  # type: ignore[attr-defined]
    environment.filters.update(wording.FILTERS)
    environment.filters.update(dossier.FILTERS)
    environment.filters.update(screening.FILTERS)
    environment.filters["said"] = wording.said
    environment.filters["is_figure"] = wording.is_figure
    environment.filters["to_script_json"] = to_script_json
    environment.filters["say_numbers"] = footnotes.say_numbers
    environment.globals["abbreviations"] = dossier.abbreviations
    environment.globals.update(wording.GLOBALS)
    environment.globals["CATALOGUE_LICENCE"] = CATALOGUE_LICENCE
    return environment


def render(
    request: Request, template: str, code: int = 200, headers: Mapping[str, str] | None = None, **context: Any
) -> HTMLResponse:
    """A page; every template may ask for `q`, `map`, `as_at` and `revision`."""
    theme = page_theme(request.query_params.get("theme"))
    given = {
        "q": "",
        "map": None,
        "as_at": None,
        "revision": None,
        "lang": languages.language(),
        "alternates": alternates(request, base_url(request)),
        "theme": theme,
        "notices": [],
    } | context
    given["notices"] = [*notices_of_language(request), *given["notices"]]
    templates: Environment = request.app.state.templates
    nonce = make_nonce()
    text = templates.get_template(template).render(request=request, nonce=nonce, **given)
    choice = choice_of(request)
    spoken = keep_language(text, choice.code) if choice.given else text
    page = HTMLResponse(spoken, code, {**(headers or {}), "Content-Security-Policy": page_policy(nonce)})
    if code == 200:
        # A page is its own tag, but for its nonce: whatever it shows has changed when this has.
        tag = hashlib.sha256(bytes(page.body).replace(nonce.encode(), b"")).hexdigest()[:20]
        page.headers.update({"ETag": f'W/"{tag}"', "Cache-Control": "public, no-cache"})
        if page.headers["etag"] in request.headers.get("if-none-match", ""):
            return HTMLResponse(
                status_code=304, headers={"ETag": page.headers["etag"], "Cache-Control": "public, no-cache"}
            )
    return page


def error_page(request: Request, error: PortalError, status: int, headers: Mapping[str, str]) -> HTMLResponse:
    """What went wrong, for people, with a way back."""
    prefix = request.url.path.removesuffix("/history").rsplit("/", 1)[0]
    return render(request, "error.html", status, headers, error=error, status=status, prefix=prefix)


def common(session: Session, vocabulary: Vocabulary) -> dict[str, Any]:
    """What the frame of every page shows of the data."""
    return {
        "as_at": records.get_as_of(session),
        "revision": vocabulary.revision,
        "mineral_names": {m.slug: languages.find(m.name) for m in vocabulary.minerals.values()},
        "state_slugs": {s.code: s.slug for s in vocabulary.states.values()},
    }


class ClocksRead(NamedTuple):
    """Which moment a page shows, the parameters that say so, and what is to be said of it."""

    moment: Moment
    kept: dict[str, str]
    problems: list[BadParameter]
    notices: list[str]

    @property
    def for_layers(self) -> dict[str, str]:
        """The parameters that layers without events know."""
        return {name: text for name, text in self.kept.items() if name != "as_of"}


def read_clocks(request: Request, session: Session, vocabulary: Vocabulary, collection: Collection) -> ClocksRead:
    """`revision` and `as_of` of a page's address; what cannot be read is left out and said."""
    moment, kept, problems, notices = Moment(), {}, [], []
    for name in CLOCKS:
        text = request.query_params.get(name)
        if not text:
            continue
        try:
            found = parse_moment({name: text}, collection, session, vocabulary)
            moment = Moment(found.revision or moment.revision, found.as_of or moment.as_of)
            kept[name] = text
        except BadParameter as problem:
            problems.append(problem)
    if moment.revision is not None:
        notices.append(
            _(
                "This is what the portal said at revision %(number)s; it may have been mended since.",
                number=moment.revision,
            )
        )
    if moment.as_of is not None:
        day = wording.format_date(moment.as_of)
        notices.append(_("Status, tranches and attempts are as at %(day)s, by the events known now.", day=day))
    return ClocksRead(moment, kept, problems, notices)


def notices_of_clocks(request: Request, clocks: ClocksRead, *known: str) -> list[str]:
    """Notices of a page that takes no parameters but the clocks and those named."""
    unread = (_("%(fault)s It was left out.", fault=problem.detail) for problem in clocks.problems)
    return [*notices_of(request, *CLOCKS, *known), *unread, *clocks.notices]


def items_url(collection: str, **filters: str) -> str:
    """An address of items for a map's layer: everything that the filters leave."""
    return f"/api/collections/{collection}/items?{urlencode({**filters, 'limit': '10000'})}"


def notices_of(request: Request, *known: str) -> list[str]:
    """What of the address this page does not know, or was told twice; nothing is ignored silently."""
    names = [name for name, _text in request.query_params.multi_items()]
    unknown = [name for name in dict.fromkeys(names) if name not in (*known, *FRAME_PARAMETERS)]
    doubled = [name for name in dict.fromkeys(names) if names.count(name) > 1 and name not in unknown]
    return [
        *(_("“%(name)s” is no parameter of this page; it was left out.", name=name) for name in unknown),
        *(
            _("“%(name)s” is given twice; the last one is applied. Several values go by comma.", name=name)
            for name in doubled
        ),
    ]


def quiet_layers(**filters: str) -> list[MapLayer]:
    """Layers that are there to be switched on."""
    titles = (
        ("occurrences", _("Occurrences")),
        ("exploration-projects", _("Exploration projects")),
        ("ports", _("Ports")),
        ("centres-of-excellence", _("Centres of excellence")),
        ("coal-mine-closures", _("Coal mines closed or closing")),
    )
    return [MapLayer(name, title, items_url(name, **filters), shown=False) for name, title in titles]


def widen(box: BBox) -> BBox:
    return BBox(
        box.west - _MARGIN_DEGREES, box.south - _MARGIN_DEGREES, box.east + _MARGIN_DEGREES, box.north + _MARGIN_DEGREES
    )
