"""Arrays of numbers where NumPy isn't installed."""

from __future__ import annotations

import math
import struct
from typing import Any

DTYPES = {
    "uint8": "B",
    "uint16": "H",
    "uint32": "I",
    "uint64": "Q",
    "int8": "b",
    "int16": "h",
    "int32": "i",
    "int64": "q",
    "float16": "e",
    "float32": "f",
    "float64": "d",
}


class NdArray:
    """Numbers in rows: what arrives for an array of several dimensions where NumPy isn't installed.

    Attributes:
        dtype: type of the elements, as NumPy names it: "float64", "int32", ...
        shape: length of every dimension.
        data: the elements as bytes, little-endian, row-major.
    """

    __slots__ = ("data", "dtype", "shape")

    def __init__(self, dtype: str, shape: tuple[int, ...], data: bytes | bytearray) -> None:
        if dtype not in DTYPES:
            raise ValueError(f"no elements of {dtype}; there are {', '.join(DTYPES)}")
        expected = math.prod(shape) * struct.calcsize(f"<{DTYPES[dtype]}")
        if len(data) != expected:
            raise ValueError(f"{len(data)} bytes for {shape} of {dtype}, which takes {expected}")
        self.dtype = dtype
        self.shape = tuple(shape)
        self.data = data

    @property
    def ndim(self) -> int:
        """How many dimensions."""
        return len(self.shape)

    def __len__(self) -> int:
        if not self.shape:
            raise TypeError("an array without dimensions has no length")
        return self.shape[0]

    def __getitem__(self, index: int | tuple[int, ...]) -> int | float:
        """The element at an index of every dimension."""
        indexes = index if isinstance(index, tuple) else (index,)
        if len(indexes) != len(self.shape):
            raise IndexError(f"{len(indexes)} indexes for {len(self.shape)} dimensions")
        at = 0
        for index, length in zip(indexes, self.shape, strict=True):
            if not -length <= index < length:
                raise IndexError(f"index {index} of {length}")
            at = at * length + index % length
        code = "<" + DTYPES[self.dtype]
        value: int | float = struct.unpack_from(code, self.data, at * struct.calcsize(code))[0]
        return value

    def tolist(self) -> Any:
        """The elements in nested lists."""
        flat = iter(struct.unpack(f"<{math.prod(self.shape)}{DTYPES[self.dtype]}", self.data))

        def nested(shape: tuple[int, ...]) -> Any:
            return [nested(shape[1:]) for _ in range(shape[0])] if shape else next(flat)

        return nested(self.shape)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, NdArray):
            return NotImplemented
        return (self.dtype, self.shape, bytes(self.data)) == (other.dtype, other.shape, bytes(other.data))

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"<NdArray {'×'.join(map(str, self.shape))} of {self.dtype}>"
