"""Multi-head attention between the places of maps (Vaswani et al., 2017), as products of matrices.

Source: `keras.layers.MultiHeadAttention`, whose kernels are (channels, heads, size) and (heads, size, channels).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from loadstone.blueprint.network import Scope, Tensor
from loadstone.builder.site import NoFormError, Placed, Site, Value

HEADS_FIRST, HEADS_LAST = (1, 0, 2), (1, 2, 0)
"""(places, heads, size) as (heads, places, size), and as (heads, size, places)."""


def attention(site: Site, layer: Any, at: Scope, arguments: Sequence[Any], named: Mapping[str, Any]) -> Value:
    """Each place of the first map gets a mean of the second's values, weighted by how queries and keys fit."""
    given = [value for value in (*arguments, named.get("value"), named.get("key")) if isinstance(value, Placed)]
    words = {word for word, value in named.items() if value is not None and value is not False}
    if not 2 <= len(given) <= 3 or words - {"value", "key", "training"}:
        raise NoFormError("it is not called with a query and values alone")
    query, values, keys = (*given, given[1])[:3]
    if tuple(layer._attention_axes) != tuple(range(1, len(query.shape))):
        raise NoFormError(f"along the axes {layer._attention_axes} alone of {query.shape}")
    q = site.to.transpose(_parts(site, query, layer._query_dense, at, "query"), HEADS_FIRST)
    k = site.to.transpose(_parts(site, keys, layer._key_dense, at, "key"), HEADS_LAST)
    v = site.to.transpose(_parts(site, values, layer._value_dense, at, "value"), HEADS_FIRST)
    fit = site.to.scale(site.to.matmul(q, k), 1 / math.sqrt(layer.key_dim))
    shares = site.to.activation(fit, "softmax")
    if layer.dropout:
        shares = site.to.dropout(shares, layer.dropout)
    found = site.to.transpose(site.to.matmul(shares, v), HEADS_FIRST)
    count = math.prod(side or 0 for side in found.shape[1:])
    return query.like(
        _projected(site, site.to.reshape(found, (*query.tensor.shape[:2], count)), layer._output_dense, at, "output")
    )


def _parts(site: Site, x: Placed, dense: Any, at: Scope, name: str) -> Tensor:
    """Return what each head sees: (places, heads, size)."""
    heads, size = (int(side) for side in dense.kernel.shape[1:])
    return site.to.reshape(_projected(site, x.tensor, dense, at, name), (math.prod(x.shape[:-1]), heads, size))


def _projected(site: Site, x: Tensor, dense: Any, at: Scope, name: str) -> Tensor:
    """Apply a dense layer to each place, with its kernel as a matrix (in, out)."""
    scope = site.within(at, dense, name)
    site.holds(scope, "kernel", dense.kernel, lambda kernel: kernel.reshape(1, 1, x.channels, -1))
    if dense.bias is not None:
        site.holds(scope, "bias", dense.bias, lambda bias: bias.reshape(-1))
    filters = math.prod(dense.kernel.shape) // x.channels
    return site.to.conv(x, scope, filters, bias=dense.bias is not None)
