"""Documents that nobody honest sends: each small in one way and huge in another."""

from __future__ import annotations

from collections.abc import Callable


def deep(size: int) -> str:
    return "{ me " + "{ user " * size + "{ id }" + " }" * size + " }"


def deep_inline(size: int) -> str:
    return "{ " + "... { " * size + "__typename" + " }" * size + " }"


def braces(size: int) -> str:
    return "{" * size


def brackets_in_a_type(size: int) -> str:
    return "query ($x: " + "[" * size + "Int" + "]" * size + ") { me { id } }"


def deep_filter(size: int) -> str:
    return "{ customers(filter: " + "{not: " * size + "{}" + "}" * size + ") { nodes { id } } }"


def deep_list(size: int) -> str:
    return "{ customers(filter: {and: " + "[" * size + "]" * size + "}) { nodes { id } } }"


def aliases(size: int) -> str:
    return "{ " + " ".join(f"a{n}: __typename" for n in range(size)) + " }"


def typenames(size: int) -> str:
    return "{ " + "__typename " * size + "}"


def fields(size: int) -> str:
    """Ten different ones in one place."""
    few = " ".join(f"field{n}" for n in range(9))
    return "{ " + " ".join(f"a{n}: me {{ {few} }}" for n in range(size // 10)) + " " + "x " * (size % 10) + "}"


def overlapping(size: int) -> str:
    return "{ " + "me { id } " * size + "}"


def directives(size: int) -> str:
    return "{ me " + "@include(if: true) " * size + "{ id } }"


def doubling(size: int) -> str:
    """Each fragment spreads the next one twice under two fields: 2**size objects in a few hundred characters."""
    links = [f"fragment f{n} on User {{ x: superior {{ ...f{n + 1} }} y: superior {{ ...f{n + 1} }} }}" for n in range(size)]
    return "{ me { user { ...f0 } } } " + " ".join(links) + f" fragment f{size} on User {{ id }}"


def spreading(size: int) -> str:
    """The same without fields between them: 2**size visits for whoever keeps no list."""
    links = [f"fragment f{n} on Query {{ ...f{n + 1} ...f{n + 1} }}" for n in range(size)]
    return "{ ...f0 } " + " ".join(links) + f" fragment f{size} on Query {{ __typename }}"


def circle(size: int) -> str:
    links = [f"fragment f{n} on Query {{ ...f{(n + 1) % size} }}" for n in range(size)]
    return "{ ...f0 } " + " ".join(links)


def many_fragments(size: int) -> str:
    fragments = " ".join(f"fragment f{n} on User {{ field{n} }}" for n in range(size))
    return "{ me { user { " + " ".join(f"...f{n}" for n in range(size)) + " } } } " + fragments


def many_operations(size: int) -> str:
    return " ".join(f"query q{n} {{ ...f }}" for n in range(size)) + " fragment f on Query { __typename }"


def long_comment(size: int) -> str:
    return "#" * size + "\n{ me { id } }"


def long_string(size: int) -> str:
    return '{ customers(search: "' + "x" * size + '") { nodes { id } } }'


def long_number(size: int) -> str:
    return "{ customers(first: " + "9" * size + ") { nodes { id } } }"


def wide(size: int) -> str:
    """Lists in lists of a hundred rows each."""
    inner = "id"
    for _ in range(size):
        inner = f"activities(first: 100) {{ nodes {{ party {{ {inner} }} }} }}"
    return "{ customers(first: 100) { nodes { " + inner + " } } }"


def introspection(size: int) -> str:
    return (
        "{ " + " ".join(f"a{n}: __schema {{ types {{ fields {{ type {{ fields {{ name }} }} }} }} }}" for n in range(size)) + " }"
    )


BOMBS: dict[str, tuple[Callable[[int], str], int]] = {
    "depth": (deep, 5_000),
    "inline fragments within each other": (deep_inline, 5_000),
    "opening braces": (braces, 100_000),
    "brackets in a type": (brackets_in_a_type, 2_000),
    "filter in filter": (deep_filter, 2_000),
    "list in list": (deep_list, 2_000),
    "aliases": (aliases, 1_000),
    "one field again and again": (typenames, 100_000),
    "repeated field": (typenames, 990),
    "overlapping fields": (overlapping, 490),
    "directives": (directives, 1_000),
    "doubling fragments": (doubling, 60),
    "doubling spreads": (spreading, 60),
    "a circle of fragments": (circle, 90),
    "fragments": (many_fragments, 300),
    "operations": (many_operations, 300),
    "a long comment": (long_comment, 100_000),
    "a long string": (long_string, 100_000),
    "a number of ten thousand digits": (long_number, 10_000),
    "lists in lists": (wide, 4),
    "the schema again and again": (introspection, 50),
}
"""Name → what makes it, and the size it is fired at."""
