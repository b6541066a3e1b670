"""What months and weekdays are called, in small letters, from January and from Monday on."""

from __future__ import annotations


def _names(words: str) -> tuple[str, ...]:
    return tuple(words.split())


MONTHS = {
    "en": _names(
        "january february march april may june july august september october november december"
    ),
    "de": _names(
        "januar februar märz april mai juni juli august september oktober november dezember"
    ),
    "fr": _names(
        "janvier février mars avril mai juin juillet août septembre octobre novembre décembre"
    ),
    "es": _names(
        "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre"
    ),
    "it": _names(
        "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre "
        "novembre dicembre"
    ),
}
"""By language."""

WEEKDAYS = {
    "en": _names("monday tuesday wednesday thursday friday saturday sunday"),
    "de": _names("montag dienstag mittwoch donnerstag freitag samstag sonntag"),
    "fr": _names("lundi mardi mercredi jeudi vendredi samedi dimanche"),
    "es": _names("lunes martes miércoles jueves viernes sábado domingo"),
    "it": _names("lunedì martedì mercoledì giovedì venerdì sabato domenica"),
}
"""By language."""

ENGLISH_IN_SHORT = _names("jan feb mar apr may jun jul aug sep oct nov dec")
