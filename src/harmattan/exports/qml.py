"""QGIS styles: the colour classes of the maps as a graduated renderer, with dates to move through."""

from __future__ import annotations

from xml.etree import ElementTree

from harmattan.maps.scales import Scale

QGIS_VERSION = "3.28.0"
START_AND_END_FIELDS = "2"
BOTH_ENDS_INCLUDED = "1"
OUTLINE = "138,138,138,255"


def graduated(column: str, scale: Scale, *, start: str | None = None, end: str | None = None) -> str:
    """Return a QML document that colours a polygon layer by one numeric column.

    Parameters
    ----------
    column
        Name of the column.
    scale
        Classes, colours and labels.
    start, end
        Names of the date columns between which a row is shown by the temporal controller; both or neither.

    Raises
    ------
    ValueError
        If only one of the two date columns is named.

    References
    ----------
    https://docs.qgis.org/3.28/en/docs/user_manual/appendices/qgis_file_formats.html

    Examples
    --------
    >>> from harmattan.maps.scales import RISK
    >>> ElementTree.fromstring(graduated("p1", RISK)).find("renderer-v2").get("attr")
    'p1'
    """
    if (start is None) != (end is None):
        raise ValueError(f"a time span needs a start and an end column; got {start!r} and {end!r}")
    root = ElementTree.Element("qgis", version=QGIS_VERSION, styleCategories="Symbology|Temporal")
    if start is not None and end is not None:
        _temporal(root, start, end)
    renderer = ElementTree.SubElement(
        root,
        "renderer-v2",
        {"type": "graduatedSymbol", "attr": column, "graduatedMethod": "GraduatedColor", "symbollevels": "0"},
    )
    _ranges(renderer, scale)
    symbols = ElementTree.SubElement(renderer, "symbols")
    for place, colour in enumerate(scale.colours):
        _fill(symbols, str(place), colour)
    ElementTree.SubElement(renderer, "classificationMethod", id="Custom")
    ElementTree.indent(root)
    return "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n" + ElementTree.tostring(
        root, encoding="unicode"
    )


def _temporal(root: ElementTree.Element, start: str, end: str) -> None:
    ElementTree.SubElement(
        root,
        "temporal",
        {
            "enabled": "1",
            "mode": START_AND_END_FIELDS,
            "startField": start,
            "endField": end,
            "limitMode": BOTH_ENDS_INCLUDED,
            "durationField": "",
            "durationUnit": "days",
            "fixedDuration": "0",
            "accumulate": "0",
            "startExpression": "",
            "endExpression": "",
        },
    )


def _ranges(renderer: ElementTree.Element, scale: Scale) -> None:
    ranges = ElementTree.SubElement(renderer, "ranges")
    for place, label in enumerate(scale.labels):
        lower, upper = f"{scale.edges[place]:.15f}", f"{scale.edges[place + 1]:.15f}"
        one = {"symbol": str(place), "lower": lower, "upper": upper, "label": label, "render": "true"}
        ElementTree.SubElement(ranges, "range", one)


def _fill(symbols: ElementTree.Element, name: str, colour: str) -> None:
    symbol = ElementTree.SubElement(
        symbols,
        "symbol",
        {"type": "fill", "name": name, "alpha": "1", "clip_to_extent": "1", "force_rhr": "0"},
    )
    layer = ElementTree.SubElement(symbol, "layer", {"class": "SimpleFill", "enabled": "1", "pass": "0", "locked": "0"})
    options = ElementTree.SubElement(layer, "Option", type="Map")
    red, green, blue = (int(colour[place : place + 2], 16) for place in (1, 3, 5))
    settings = {
        "color": f"{red},{green},{blue},255",
        "style": "solid",
        "outline_color": OUTLINE,
        "outline_style": "solid",
        "outline_width": "0.15",
        "outline_width_unit": "MM",
        "joinstyle": "bevel",
    }
    for key, value in settings.items():
        ElementTree.SubElement(options, "Option", {"type": "QString", "name": key, "value": value})
