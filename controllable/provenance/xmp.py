"""One text in an XMP packet: put in, read, taken out; every other byte of the packet stays as it is.

XMP is RDF in XML (ISO 16684-1). Packets come from strangers' files: they are read by expat, which loads nothing from
elsewhere; document types, and with them entities, are refused.
"""

import re
from dataclasses import dataclass, field
from xml.parsers import expat
from xml.sax.saxutils import escape, quoteattr

NAMESPACE = "urn:controllable:provenance:1"
MOST_BYTES = 8 * 2**20
"""Of a packet; editors that keep their whole history in it stay below."""

UTF16 = (b"\xff\xfe", b"\xfe\xff")
"""How a packet in UTF-16 begins."""

_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_NAME, _DESCRIPTION, _ABOUT = f"{NAMESPACE} Record", f"{_RDF} Description", f"{_RDF} about"
_TAG = re.compile(rb"<([^\s/>]+)(?:\s+[^\s=]+\s*=\s*(?:\"[^\"]*\"|'[^']*'))*\s*(/?)>")
"""A start tag: its name, and a slash if it is all of its element."""
_DEEPEST = 64


def put(packet: bytes | None, text: str) -> bytes:
    """The packet with `text` in it, in place of the one before; a new packet where there is none.

    Raises ValueError if the packet cannot be read.
    """
    if not packet:
        inner = f'<rdf:RDF xmlns:rdf="{_RDF}">{_description("", text)}</rdf:RDF>'
        return (
            '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>\n'
            f'<x:xmpmeta xmlns:x="adobe:ns:meta/">{inner}</x:xmpmeta>\n<?xpacket end="w"?>'
        ).encode()
    packet = drop(packet)
    found = _read(packet)
    if found.end is None:
        raise ValueError("xmp: has no RDF")
    at, empty = found.end
    description = _description(found.about or "", text).encode()
    if not empty:
        return packet[:at] + description + packet[at:]
    return packet[: at - 2] + b">" + description + b"</" + empty + b">" + packet[at:]


def take(packet: bytes) -> str | None:
    """The text that `put` put in, however an editor has written it since; None if there is none.

    Raises ValueError if the packet cannot be read.
    """
    return _read(_utf8(packet)).text


def drop(packet: bytes) -> bytes:
    """The packet without the text. Raises ValueError if the packet cannot be read."""
    packet = _utf8(packet)
    for start, stop in sorted(_read(packet).spans, reverse=True):
        packet = packet[:start] + packet[stop:]
    return packet


def _description(about: str, text: str) -> str:
    return (
        f'<rdf:Description xmlns:rdf="{_RDF}" rdf:about={quoteattr(about)} xmlns:controllable="{NAMESPACE}">'
        f"<controllable:Record>{escape(text)}</controllable:Record></rdf:Description>"
    )


def _utf8(packet: bytes) -> bytes:
    """Packets may be UTF-16; what is spliced in is UTF-8. Trailing zeros, which some writers leave, are no XML."""
    if len(packet) > MOST_BYTES:
        raise ValueError(f"xmp: has {len(packet) / 2**20:.0f} MB, at most {MOST_BYTES // 2**20} are read")
    if packet[:2] in UTF16:
        try:
            packet = packet.decode("utf-16").encode()
        except UnicodeError:
            raise ValueError("xmp: is not UTF-16") from None
    return packet.rstrip(b"\0")


@dataclass
class _Found:
    """text: ours; spans: of bytes to take out so that it is gone; end: where the end tag of the RDF element begins and
    b"", or, if it is empty, where its one tag ends and the tag's name; about: what the packet describes."""

    text: str | None = None
    spans: list[tuple[int, int]] = field(default_factory=list)
    end: tuple[int, bytes] | None = None
    about: str | None = None


@dataclass
class _Element:
    """other: whether anything in it or on it is not ours."""

    name: str
    start: int
    other: bool = False
    ours: list[tuple[int, int]] = field(default_factory=list)


class _Reader:
    def __init__(self, packet: bytes) -> None:
        self.packet, self.found = packet, _Found()
        self.open: list[_Element] = []
        self.prefixes: set[str] = set()
        self.parts: list[str] | None = None
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.StartDoctypeDeclHandler = self._refuse
        self.parser.StartNamespaceDeclHandler = self._prefix
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._characters
        self.parser.buffer_text = True

    def read(self) -> _Found:
        try:
            self.parser.Parse(self.packet, True)
        except expat.ExpatError as error:
            raise ValueError(f"xmp: is not XML ({error})") from None
        return self.found

    def _refuse(self, *_: object) -> None:
        raise ValueError("xmp: has a document type, which is not read")

    def _prefix(self, prefix: str | None, uri: str) -> None:
        if uri == NAMESPACE and prefix:
            self.prefixes.add(prefix)

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        at = self.parser.CurrentByteIndex
        if len(self.open) >= _DEEPEST:
            raise ValueError("xmp: is nested too deeply")
        if name == _NAME:
            self.parts = []
        elif self.open:
            self.open[-1].other = True
        element = _Element(name, at)
        if _NAME in attributes:
            self._keep(attributes[_NAME])
            self.found.spans += self._attribute_spans(at)
        element.other = bool(attributes.keys() - {_ABOUT})
        if name == _DESCRIPTION and self.found.about is None:
            self.found.about = attributes.get(_ABOUT)
        self.open.append(element)

    def _end(self, name: str) -> None:
        at, element = self.parser.CurrentByteIndex, self.open.pop()
        tag = _TAG.match(self.packet, element.start)
        empty = tag[1] if tag and tag[2] else b""
        stop = at if empty else self.packet.index(b">", at) + 1
        if name == _NAME:
            self._keep("".join(self.parts or ()))
            self.parts = None
            if self.open:
                self.open[-1].ours.append((element.start, stop))
        elif name == _DESCRIPTION and element.ours and not element.other:
            self.found.spans.append((element.start, stop))
        else:
            self.found.spans += element.ours
        if name == f"{_RDF} RDF":
            self.found.end = at, empty

    def _characters(self, text: str) -> None:
        if self.parts is not None:
            self.parts.append(text)

    def _keep(self, text: str) -> None:
        if self.found.text is None:
            self.found.text = text

    def _attribute_spans(self, at: int) -> list[tuple[int, int]]:
        """Of our text where an editor made an attribute of it; quotes end it, as XML has none inside."""
        spans = []
        for prefix in self.prefixes:
            pattern = rb"\s%b:Record\s*=\s*(\"[^\"]*\"|'[^']*')" % re.escape(prefix.encode())
            if match := re.compile(pattern).search(self.packet, at):
                spans.append(match.span())
        return spans[:1]


def _read(packet: bytes) -> _Found:
    return _Reader(packet).read()
