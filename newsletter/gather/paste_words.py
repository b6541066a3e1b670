"""The words of a web page's frame, its headings, bylines and dates, in the trade's languages.

Every pattern is meant for a whole line (`fullmatch`, any case), so that a sentence of news which
merely holds one of these words never matches.
"""

from __future__ import annotations

import re


def _any_of(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(patterns), re.IGNORECASE)


FURNITURE: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("a separator", _any_of(r"[\W_]+")),
    ("a number standing alone", _any_of(r"#?\d{1,5}[.):]?")),
    (
        "a button to share",
        _any_of(
            r"(?:(?:share|tweet|pin|save|print|e-?mail|like|follow|facebook|twitter|x|linked-?in"
            r"|whatsapp|pinterest|instagram|youtube|tiktok|threads|bluesky|reddit|telegram|xing"
            r"|copy link|link kopieren|teilen|drucken|merken|partager|imprimer|enregistrer"
            r"|condividi|stampa|compartir|imprimir)[\s,|•·/+]*)+",
            r"share (?:this|on|via)\b[^.!?]{0,40}",
            r"(?:diesen )?artikel teilen|partager (?:cet|sur)\b[^.!?]{0,40}",
            r"(?:follow us|folgen sie uns|suivez[- ]nous)\b.{0,60}",
            r"\d+ (?:shares|likes)",
        ),
    ),
    (
        "an invitation to sign up",
        _any_of(
            r"(?:subscribe|abonnieren)(?: now| today| here| jetzt)?[.!]?",
            r"sign (?:in|up|out)|log ?(?:in|out)|register|(?:my )?account|anmelden",
            r"s['’]abonner|(?:se )?connecter|iscriviti",
            r"(?:subscribe|sign up|register|join|get|stay|never miss|want|receive)\b.{0,120}"
            r"\b(?:newsletters?|inbox|e-?mail updates)\b.{0,60}",
            r"subscribe to .{0,60}|(?:abonnieren|melden) sie\b.{0,120}\bnewsletter\b.{0,60}",
            r"jetzt (?:abonnieren|anmelden)\b.{0,40}|newsletter (?:sign-?up|abonnieren|bestellen)",
            r"(?:abonnez|inscrivez)[- ]vous\b.{0,120}",
            r"(?:enter )?your e-?mail(?: address)?|(?:votre|ihre) e-?mail(?:[- ]?adresse)?",
            r"already a (?:subscriber|member)\b.{0,40}",
        ),
    ),
    (
        "a cookie notice",
        _any_of(
            r"(?:accept|reject|allow|decline)(?: all)?(?: cookies)?|manage (?:cookies|preferences)",
            r"cookie (?:settings|preferences|policy|notice)|alle akzeptieren|tout accepter",
            r".{0,200}\b(?:uses?|utilise|utilisons|verwende[nt]?|nutz(?:t|en)|accept)\b.{0,60}"
            r"\bcookies?\b.{0,300}",
        ),
    ),
    (
        "an advertisement's label",
        _any_of(
            r"ads?|advert(?:isements?|isment|orial)?s?(?:\s?[-–—:|].{0,60})?",
            r"anzeige|werbung|publicité|pubblicità|publicidad",
            r"(?:sponsored|promoted|paid)(?: content| post| partnership| by [^.!?]{1,60})?",
            r"(?:story|article) continues below.{0,40}|scroll to continue.{0,40}",
        ),
    ),
    (
        "a comment box",
        _any_of(
            r"(?:\(?\d+\)? )?(?:comments?|kommentare?|commentaires?)(?: ?\(?\d+\)?)?",
            r"(?:leave|post|add|write) a (?:comment|reply)|comments are closed.?",
            r"be the first to comment.?|(?:join|start) the (?:conversation|discussion).?",
            r"kommentar (?:schreiben|hinterlassen)|laisser un commentaire",
        ),
    ),
    (
        "a button to read on",
        _any_of(
            r"(?:read|learn|see|view|show|load|discover) (?:more|all)"
            r"(?: (?:news|stories|articles|posts|here|headlines|results))?\W*",
            r"read more (?:about|on|in|at)\b[^.!?]{0,60}|(?:click|tap) here\b[^.!?]{0,40}",
            r"(?:read|see|view) (?:the )?(?:full|whole|entire|rest)\b[^.!?]{0,30}\W*",
            r"continue reading\W*|(?:full|whole) story\W*|more\W*",
            r"(?:jetzt |hier )?(?:weiter ?lesen|mehr ?lesen|mehr erfahren|mehr)\W*|zum artikel\W*",
            r"(?:lire|voir) (?:la suite|plus|tout|l['’]article)\W*|en savoir plus\W*",
            r"leggi (?:tutto|di più)\W*|leer más\W*",
            r"(?:next|previous)(?: article| page| story)?\W*",
        ),
    ),
    (
        "a reading time",
        _any_of(
            r"(?:(?:reading|read) time|lesezeit|lesedauer|temps de lecture|tempo di lettura)\W{0,4}"
            r"\d+.{0,12}",
            r"\d+[ -]?min(?:ute|uten|uti|utos)?s?\.?(?: read| de lecture| lesezeit)?",
        ),
    ),
    (
        "how long ago it was posted",
        _any_of(
            r"(?:\d+|an?) (?:second|minute|min|hour|hr|day|week|month|year)s?\.? ago|just now",
            r"vor (?:\d+|einer|einem) \w+|il y a \d+ \w+|\d+ \w+ fa|hace \d+ \w+",
        ),
    ),
    (
        "a copyright line",
        _any_of(
            r"(?:©|\(c\)|copyright\b).{0,200}",
            r".{0,120}(?:all rights reserved|alle rechte vorbehalten|tous droits réservés"
            r"|tutti i diritti riservati|todos los derechos reservados).{0,80}",
        ),
    ),
    (
        "a picture's caption or credit",
        _any_of(
            r"[\[(]?(?:photo|image|picture|video|foto|bild|crédit|credit)s?"
            r"(?: (?:credit|courtesy|by|of|photo)s?){0,2}\s?[:©/|].{1,300}",
            r"[\[(]?(?:photo|image|picture)s? (?:courtesy|by|credit)\b.{1,120}",
            r"(?:photograph(?:y|ed)?|illustration)s? (?:by|courtesy)\b.{1,80}",
            r"courtesy(?: of)? [^.]{1,60}\.?",
            r".{1,300}[\[(](?:photo|image|picture|foto|bild|crédit)s?\b[^()\[\]]{1,100}[\])]\.?",
            r".{1,300}\b(?:photo|image)s? courtesy of [^.]{1,80}\.?",
        ),
    ),
    (
        "tags",
        _any_of(
            r"(?:tags?|topics?|categor(?:y|ies)|filed under|keywords?|schlagwörter|schlagworte"
            r"|themen|mots[- ]clés|étiquettes)\s?:.{0,200}",
        ),
    ),
    (
        "navigation",
        _any_of(
            r"home|menu|search|close|back(?: to top)?|top|about(?: us)?|contact(?: us)?|advertise",
            r"shop|events|calendar|jobs|careers|archives?|sitemap|media kit|magazine|newsletters?",
            r"news|privacy(?: policy| notice)?|terms(?: of (?:use|service)| (?:and|&) conditions)?",
            r"skip to (?:main )?content|do not sell .{0,40}|startseite|suche|impressum|datenschutz",
            r"kontakt|agb|zurück|accueil|recherche|mentions légales|confidentialité",
            r"(?:[^|>›/.!?]{1,40}\s[|>›/]\s){2,8}[^|>›/.!?]{1,80}",
            r"(?:[^>›.!?]{1,40}\s[>›]\s)+[^>›.!?]{1,80}",
        ),
    ),
)

# Headings over lists of other stories; `_TAIL` is the section or title that may follow.
_TAIL = r"(?: [^.!?:]{1,50})?"
_NEWS = r"(?:news|stories|articles|headlines|posts|updates|reading|reads|coverage|briefs|picks)"
LIST_HEADING = _any_of(
    rf"the latest{_TAIL}|latest(?: {_NEWS})?(?: (?:from|in|on) [^.!?:]{{1,40}})?",
    rf"(?:more|also|elsewhere)(?: {_NEWS})? (?:from|in|on|by|at) [^.!?:]{{1,50}}",
    rf"(?:more|other|further|recent|top|breaking|industry|market|trade|company|daily|weekly"
    rf"|business|jewelry|watch|popular|featured|this week['’]s|today['’]s) (?:top )?{_NEWS}"
    rf"(?: (?:from|in|on|for) [^.!?:]{{1,40}})?",
    rf"headlines{_TAIL}|news in brief|news (?:briefs?|roundup|round-up|digest|bites)|in brief",
    r"(?:in )?other news|briefly(?: noted)?|(?:this|last|the) week in [^.!?:]{1,40}",
    r"trending(?: (?:now|topics|stories|news|today))?|popular(?: now)?|what['’]s new",
    rf"most[ -](?:read|popular|viewed|shared|recent|commented)(?: {_NEWS})?",
    r"(?:up|read|what to read|watch) next|don['’]t miss|must[- ]reads?|editors?['’]?s?['’]? picks",
    r"you (?:may|might)(?: also)? (?:like|enjoy|be interested in)|recommended(?: for you)?",
    r"what (?:else )?(?:we['’]re|you['’]re) reading|around the (?:industry|web|trade|world)",
    r"weitere \w+(?: \w+){0,3}|mehr (?:aus|von|zum|news)\b[^.!?:]{0,40}|meist ?gelesen(?:e \w+)?",
    r"(?:das )?könnte (?:sie|dich) (?:auch )?interessieren|auch interessant|aus der branche",
    r"(?:neueste|aktuelle|neue) (?:meldungen|nachrichten|artikel|beiträge|news)|aktuelles",
    r"kurzmeldungen|kurz (?:gemeldet|notiert|und knapp|& knapp)|das neueste",
    r"(?:les )?(?:plus lus|derni[eè]re?s \w+)|à la une|en bref|actualités",
    r"(?:autres|nos) (?:articles|actualités)|(?:vous aimerez|à découvrir) aussi",
    r"ultim[ei] (?:notizie|news|articoli)|(?:i )?più letti|altre notizie|in breve",
    r"últimas noticias|(?:lo )?más leído|(?:también )?te puede interesar|otras noticias",
)

_RELATED = (
    r"related(?: (?:content|articles?|stor(?:y|ies)|news|reading|links?|posts?|coverage))?"
    r"|see also|read (?:also|more|next|this)|also read|more|lesen sie (?:auch|mehr)|siehe auch"
    r"|mehr zum thema|zum thema|passend dazu|(?:à )?lire (?:aussi|également)|voir aussi"
    r"|sur le même (?:thème|sujet)|leggi anche|vedi anche|lea también|ver también"
)
# “RELATED CONTENT: a headline” is a link whose address the paste lost.
RELATED_LINE = re.compile(rf"(?:{_RELATED})\s?[:»|>–—]+\s*(?P<text>.*\w.*)", re.IGNORECASE)
RELATED_HEADING = _any_of(_RELATED)

NAME = r"[A-ZÀ-ÞŠŽ][\w.'’-]*"
_NAMES = rf"{NAME}(?: (?:{NAME}|van|von|de|der|den|du|la|le|di|da|dos|el|al|bin)){{1,4}}"
BYLINE = re.compile(
    rf"(?i:(?:(?:words|text|written|reported|story|interview|posted|edited) )?by|von|par|di|por"
    rf"|text:|texte :|autor(?:in)?:|author:)\s+"
    rf"(?P<name>{_NAMES}(?:(?:, | and | und | et | e | y | & ){_NAMES})*"
    rf"|(?:{NAME} ){{0,3}}(?:[Ss]taff|Editors|Redaktion|Rédaction)(?: Writer| Reporter)?)"
    rf"(?:, [^.!?]{{1,60}})?"
)
_MONTH = r"[^\W\d_]{3,10}\.?"
DATE = re.compile(
    rf"""(?:(?:(?:first|last)\ )?(?:published|updated|posted|date|veröffentlicht|aktualisiert|stand
        |vom|publié|mis\ à\ jour|pubblicato|publicado|le|am)(?:\ (?:on|am|le|il|el))?:?\s+)?
    (?:[^\W\d_]{{2,10}}\.?,?\s+(?:den\s+|the\s+)?)?
    (?:\d{{1,2}}(?:\.|er|º|st|nd|rd|th)?\s+(?:de\s+)?{_MONTH},?\s+(?:de\s+)?\d{{4}}
      |{_MONTH}\s+\d{{1,2}}(?:st|nd|rd|th)?,?\s+\d{{4}}
      |\d{{4}}-\d{{2}}-\d{{2}}|\d{{1,2}}[./]\d{{1,2}}[./]\d{{4}})
    (?:[\s,T|•·–-]+(?:at\ |um\ |à\ )?\d{{1,2}}[:.h]\d{{2}}(?::\d{{2}})?\s?(?:[ap]\.?m\.?|uhr)?
      \s?(?:\(?[A-Z]{{1,5}}\)?|[+-]\d{{2}}:?\d{{2}})?)?""",
    re.IGNORECASE | re.VERBOSE,
)
