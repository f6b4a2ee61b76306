"""Fixed and extensible arrays: chunk indexes that hold one element for each chunk of the grid, in order.

Elements are yielded as windows with their number; a page that was never written is skipped.
Specification: HDF5 File Format Specification 3.0, sections VII.C (fixed array) and VII.D (extensible array).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from loadstone.errors import FormatError, LimitError
from loadstone.wire.hdf5.source import Cursor, Source
from loadstone.wire.limits import HDF5_CHUNKS

Element = tuple[int, Cursor]


def fixed_array(source: Source, address: int) -> Iterator[Element]:
    """Yield (number, element) of the fixed array whose header lies at `address`."""
    header = source.checked(address, 8 + source.length_width + source.offset_width + 4, "fixed array header")
    header.signature(b"FAHD")
    header.version(0)
    header.take(1)
    width, page_bits, count = header.uint(1), header.uint(1), header.length()
    block = header.offset()
    _bounded(count, width, source, header)
    if block is None:
        return
    per_page = 1 << min(page_bits, 63)
    prefix = 6 + source.offset_width
    if count <= per_page:
        body = source.checked(block, prefix + count * width + 4, "fixed array block")
        body.signature(b"FADB")
        body.take(prefix - 4)
        yield from _elements(body, 0, count, width)
        return
    pages = -(-count // per_page)
    bitmap_size = -(-pages // 8)
    head = source.checked(block, prefix + bitmap_size + 4, "fixed array block")
    head.signature(b"FADB")
    head.take(prefix - 4)
    bitmap = head.take(bitmap_size)
    at = block + prefix + bitmap_size + 4
    for page in range(pages):
        here = min(per_page, count - page * per_page)
        if _bit(bitmap, page):
            yield from _page(source, at, first=page * per_page, count=here, width=width)
        at += here * width + 4


def _bounded(count: int, width: int, source: Source, header: Cursor) -> None:
    if width < source.offset_width:
        raise FormatError("elements of an array index are too short", where=header.where, found=f"{width} bytes")
    if count > HDF5_CHUNKS:
        raise LimitError(
            "an array index of more chunks than are read",
            where=header.where,
            expected=f"at most {HDF5_CHUNKS:,}",
            found=f"{count:,}",
        )


def _bit(bitmap: bytes, number: int) -> bool:
    """Return one bit of a bitmap, whose first one is the highest of its byte."""
    return bool(bitmap[number // 8] >> (7 - number % 8) & 1)


def _page(source: Source, address: int, *, first: int, count: int, width: int) -> Iterator[Element]:
    body = source.checked(address, count * width + 4, "page of an array index")
    yield from _elements(body, first, count, width)


def _elements(body: Cursor, first: int, count: int, width: int) -> Iterator[Element]:
    for number in range(first, first + count):
        yield number, body.part(width, "element of an array index")


@dataclass(frozen=True, slots=True)
class _Extensible:
    """The parameters of an extensible array, from its header."""

    width: int
    bits: int
    in_index_block: int
    smallest_block: int
    smallest_pointers: int
    page: int
    index_block: int | None

    @property
    def offset_width(self) -> int:
        """Bytes of a block's offset within the array."""
        return (self.bits + 7) // 8

    @property
    def super_blocks(self) -> int:
        """How many super blocks the whole array may have."""
        return 1 + self.bits - (self.smallest_block.bit_length() - 1)

    @property
    def direct_super_blocks(self) -> int:
        """How many of them have their data blocks' addresses in the index block itself."""
        return 2 * (self.smallest_pointers.bit_length() - 1)

    def blocks_in(self, super_block: int) -> int:
        """Data blocks of a super block."""
        return 1 << super_block // 2

    def elements_in(self, super_block: int) -> int:
        """Elements in each data block of a super block."""
        return (1 << (super_block + 1) // 2) * self.smallest_block


def extensible_array(source: Source, address: int) -> Iterator[Element]:
    """Yield (number, element) of the extensible array whose header lies at `address`."""
    array = _parse_extensible(source, address)
    if array.index_block is None:
        return
    prefix = 6 + source.offset_width
    direct = 2 * (array.smallest_pointers - 1)
    others = max(0, array.super_blocks - array.direct_super_blocks)
    size = prefix + array.in_index_block * array.width + (direct + others) * source.offset_width + 4
    block = source.checked(array.index_block, size, "extensible array index block")
    block.signature(b"EAIB")
    block.take(prefix - 4)
    yield from _elements(block, 0, array.in_index_block, array.width)
    number = array.in_index_block
    for super_block in range(min(array.direct_super_blocks, array.super_blocks)):
        for _ in range(array.blocks_in(super_block)):
            count = array.elements_in(super_block)
            child = block.offset()
            if child is not None:
                yield from _data_block(source, array, address=child, first=number, count=count)
            number += count
    for super_block in range(array.direct_super_blocks, array.super_blocks):
        child = block.offset()
        if child is not None:
            yield from _super_block(source, array, address=child, first=number, which=super_block)
        number += array.blocks_in(super_block) * array.elements_in(super_block)


def _parse_extensible(source: Source, address: int) -> _Extensible:
    size = 12 + 6 * source.length_width + source.offset_width + 4
    header = source.checked(address, size, "extensible array header")
    header.signature(b"EAHD")
    header.version(0)
    header.take(1)
    width, bits, in_index, smallest, pointers, page_bits = (header.uint(1) for _ in range(6))
    header.take(6 * source.length_width)
    index_block = header.offset()
    powers = all(number and not number & (number - 1) for number in (smallest, pointers))
    if not powers or not 0 < bits <= 64 or page_bits > 63 or width < source.offset_width:
        raise FormatError(
            "an extensible array of impossible shape",
            where=header.where,
            expected="powers of two, at most 64 bits",
            found=f"{bits} bits, blocks of {smallest}, {pointers} pointers, pages of 2^{page_bits}, {width} bytes",
        )
    return _Extensible(
        width=width,
        bits=bits,
        in_index_block=in_index,
        smallest_block=smallest,
        smallest_pointers=pointers,
        page=1 << page_bits,
        index_block=index_block,
    )


def _super_block(source: Source, array: _Extensible, *, address: int, first: int, which: int) -> Iterator[Element]:
    blocks, count = array.blocks_in(which), array.elements_in(which)
    pages = count // array.page if count > array.page else 0
    if pages * blocks > HDF5_CHUNKS:
        raise LimitError("an array index of more pages than are read", expected=f"at most {HDF5_CHUNKS:,}")
    bitmap_size = -(-pages // 8)
    prefix = 6 + source.offset_width + array.offset_width
    size = prefix + blocks * (bitmap_size + source.offset_width) + 4
    block = source.checked(address, size, "extensible array super block")
    block.signature(b"EASB")
    block.take(prefix - 4)
    # Every block has whole bytes of the bitmap, but its bits are numbered without a gap from block to block.
    bitmap = block.take(blocks * bitmap_size)
    for number in range(blocks):
        child = block.offset()
        if child is not None and pages:
            written = [_bit(bitmap, number * pages + page) for page in range(pages)]
            yield from _paged_block(source, array, address=child, first=first, written=written)
        elif child is not None:
            yield from _data_block(source, array, address=child, first=first, count=count)
        first += count


def _data_block(source: Source, array: _Extensible, *, address: int, first: int, count: int) -> Iterator[Element]:
    prefix = 6 + source.offset_width + array.offset_width
    block = source.checked(address, prefix + count * array.width + 4, "extensible array data block")
    block.signature(b"EADB")
    block.take(prefix - 4)
    yield from _elements(block, first, count, array.width)


def _paged_block(
    source: Source, array: _Extensible, *, address: int, first: int, written: list[bool]
) -> Iterator[Element]:
    prefix = 6 + source.offset_width + array.offset_width
    source.checked(address, prefix + 4, "extensible array data block").signature(b"EADB")
    at = address + prefix + 4
    for page, here in enumerate(written):
        if here:
            yield from _page(source, at, first=first + page * array.page, count=array.page, width=array.width)
        at += array.page * array.width + 4
