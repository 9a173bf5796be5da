"""The words of a profile, English and French side by side, to be edited freely; `wording` fills in the braces."""

from __future__ import annotations

from collections.abc import Mapping

MONTHS = {
    "en": (
        "January", "February", "March", "April", "May", "June",
        "July", "August", "September", "October", "November", "December",
    ),
    "fr": (
        "janvier", "février", "mars", "avril", "mai", "juin",
        "juillet", "août", "septembre", "octobre", "novembre", "décembre",
    ),
}  # fmt: skip

PHRASES: Mapping[str, tuple[str, str]] = {
    # words
    "and": ("and", "et"),
    "attack": ("attack", "attaque"),
    "attacks": ("attacks", "attaques"),
    "not stated": ("not stated", "non précisé"),
    "decimal": (".", ","),
    "total": ("Total", "Total"),
    # who is behind an attack
    "claimed": ("claimed", "revendiquée"),
    "suspected": ("suspected", "présumée"),
    "unattributed": ("unattributed", "non attribuée"),
    "all": ("all", "toutes"),
    # tactics
    "armed assault": ("armed assault", "assaut armé"),
    "suicide vehicle": ("suicide vehicle", "véhicule-suicide"),
    "suicide bomb": ("suicide bomb", "attentat-suicide"),
    "roadside bomb": ("roadside bomb", "engin explosif au bord d'une route"),
    "shelling": ("shelling", "tirs indirects"),
    "air or drone strike": ("air or drone strike", "frappe aérienne ou de drone"),
    "grenade": ("grenade", "grenade"),
    "chemical weapon": ("chemical weapon", "arme chimique"),
    "abduction": ("abduction", "enlèvement"),
    "sexual violence": ("sexual violence", "violence sexuelle"),
    "capture of a base": ("capture of a base", "prise d'une base"),
    "capture of territory": ("capture of territory", "prise de territoire"),
    "attack on a convoy": ("attack on a convoy", "attaque de convoi"),
    "blockade": ("blockade", "blocus"),
    "armed clash": ("armed clash", "affrontement armé"),
    "territory lost": ("territory lost", "territoire perdu"),
    # targets
    "military": ("military", "militaires"),
    "police": ("police", "police ou gendarmerie"),
    "state forces": ("state forces", "forces de l'État"),
    "peacekeepers": ("peacekeepers", "casques bleus"),
    "officials": ("officials", "autorités"),
    "civilians": ("civilians", "civils"),
    "infrastructure": ("infrastructure", "infrastructures"),
    "supply convoy": ("supply convoy", "convoi de ravitaillement"),
    "armed group": ("armed group", "groupe armé"),
    # sentences
    "opening": ("{actor}, {period}: {n} in the file, {places}.", "{actor}, {period} : {n} dans le fichier, {places}."),
    "one_country": ("all {place}", "toutes {place}"),
    "nowhere": ("{n} in no known region", "{n} sans région connue"),
    "regions": ("{name}: {list}.", "{name} : {list}."),
    "others": ("{n} in {count} other regions", "{n} dans {count} autres régions"),
    "larger": ("known for a larger unit only: {list}", "connues pour une unité plus grande seulement : {list}"),
    "whole_country": ("{n} for the country", "{n} pour le pays"),
    "readings": (
        "Claimed only: {claimed}. Claimed or suspected: {both}. All: {all} (unattributed {unattributed}, not "
        "stated {silent}).",
        "Revendiquées seulement : {claimed}. Revendiquées ou présumées : {both}. Toutes : {all} (non attribuées "
        "{unattributed}, non précisées {silent}).",
    ),
    "no_readings": (
        "The file does not say which attacks were claimed: only the total of all can be given, {all}.",
        "Le fichier ne dit pas quelles attaques ont été revendiquées : seul le total de toutes peut être donné, {all}.",
    ),
    "months": ("By month: {list}.", "Par mois : {list}."),
    "peak": ("By month: {low} to {high}, the most in {month}.", "Par mois : de {low} à {high}, le maximum en {month}."),
    "silent": ("Months without an attack: {months}.", "Mois sans attaque : {months}."),
    "no_silent": ("No month of the file was without an attack.", "Aucun mois du fichier n'est sans attaque."),
    "uncovered": (
        "Nothing is recorded in {months}, but the file's own rows run from {first} to {last}: it may not cover more.",
        "Rien n'est recensé en {months}, mais les lignes du fichier vont de {first} à {last} : il peut ne pas "
        "couvrir plus.",
    ),
    "day_known": (
        "{known} of {all} attacks are known to the day; only these tell about days.",
        "{known} attaques sur {all} sont connues au jour près ; elles seules renseignent sur les jours.",
    ),
    "clusters": ("Several on one day: {list}.", "Plusieurs le même jour : {list}."),
    "many_clusters": (
        "On {count} days there were two or more, at most {most} ({day}).",
        "{count} jours en comptent deux ou plus, au plus {most} ({day}).",
    ),
    "no_clusters": ("No two on one day.", "Jamais deux le même jour."),
    "gap": (
        "Longest time between two: {days} days, from {since} to {until}.",
        "Plus long intervalle : {days} jours, du {since} au {until}.",
    ),
    "few_days": ("That is too few to judge the rhythm.", "C'est trop peu pour juger du rythme."),
    "rhythm": (
        "Burstiness, from −1 (regular) to 1 (bursts): {corrected} ({plain} before the correction for few attacks)."
        " A steady Poisson process of as many attacks, read by days, gives {lower} to {upper} in nine cases of ten"
        " (p {p}). {verdict}",
        "Indice de rafales, de −1 (régulier) à 1 (rafales) : {corrected} ({plain} sans la correction pour petits "
        "nombres). Un processus de Poisson stationnaire d'autant d'attaques, lu au jour près, donne {lower} à "
        "{upper} neuf fois sur dix (p {p}). {verdict}",
    ),
    "bursts": (
        "Attacks come in bursts, or their rate changed within the period.",
        "Les attaques viennent par rafales, ou leur fréquence a changé au cours de la période.",
    ),
    "even": ("Attacks come more evenly than by chance.", "Les attaques sont plus régulières que le hasard."),
    "chance": (
        "Nothing in this index speaks against attacks at random times.",
        "Rien dans cet indice ne contredit des attaques à des moments aléatoires.",
    ),
    "sharing": (
        "{observed} attacks share their day with another; by chance {lower} to {upper} (p {p}).",
        "{observed} attaques partagent leur jour avec une autre ; par hasard {lower} à {upper} (p {p}).",
    ),
    "tactics": ("How: {list}.", "Mode : {list}."),
    "targets": ("Against whom: {list}.", "Contre qui : {list}."),
    "no_tactics": (
        "The file does not say how attacks were made.",
        "Le fichier ne dit pas comment les attaques ont été menées.",
    ),
    "no_targets": ("The file does not say whom the attacks hit.", "Le fichier ne dit pas qui les attaques ont visé."),
    "all_in": ("{what} (all in {name})", "{what} (toutes : {name})"),
    "deaths": ("Deaths, best estimate of the file: {deaths}.", "Morts, meilleure estimation du fichier : {deaths}."),
    "some_deaths": (
        "Deaths, best estimate of the file: {deaths}; not known for {unknown} of the attacks.",
        "Morts, meilleure estimation du fichier : {deaths} ; inconnu pour {unknown} des attaques.",
    ),
    "change": (
        "Compared with {before_period}: {now} now, {before} then, {ratio} times as many a day (95 % interval "
        "{lower} to {upper}, widened for months that vary {dispersion} times as much as a steady rate makes them; "
        "{exact_lower} to {exact_upper} if the rate were steady). {verdict}",
        "Par rapport à {before_period} : {now} maintenant, {before} alors, {ratio} fois autant par jour "
        "(intervalle à 95 % : {lower} à {upper}, élargi car les mois varient {dispersion} fois plus qu'à fréquence"
        " stable ; {exact_lower} à {exact_upper} à fréquence stable). {verdict}",
    ),
    "change_exact": (
        "Compared with {before_period}: {now} now, {before} then (95 % interval of the ratio {exact_lower} to "
        "{exact_upper} if the rate were steady). That is too little to say how much months vary, so there is no "
        "verdict.",
        "Par rapport à {before_period} : {now} maintenant, {before} alors (intervalle à 95 % du rapport : "
        "{exact_lower} à {exact_upper} à fréquence stable). C'est trop peu pour dire combien les mois varient : "
        "pas de verdict.",
    ),
    "more": ("More than chance explains.", "C'est plus que le hasard n'explique."),
    "fewer": ("Fewer than chance explains.", "C'est moins que le hasard n'explique."),
    "same": ("A change cannot be told from chance.", "Un changement ne se distingue pas du hasard."),
    "no_bound": ("no bound", "sans borne"),
    "no_change": (
        "No comparison with as long a period before: it needs {need_first} to {need_last}, and the file covers "
        "{first} to {last} as far as it shows.",
        "Pas de comparaison avec une période précédente aussi longue : il faudrait {need_first} à {need_last}, et "
        "le fichier couvre {first} à {last} pour autant qu'on le voie.",
    ),
    "fresh": ("Regions hit now and not then: {list}.", "Régions touchées maintenant et pas alors : {list}."),
    "gone": ("Hit then and not now: {list}.", "Touchées alors et pas maintenant : {list}."),
    "and_more": ("{n} more", "{n} de plus"),
    # caveats
    "counted": (
        "An attack counts once, in the month of its first day, in the finest region that the file knows for certain.",
        "Une attaque compte une fois, au mois de son premier jour, dans la plus petite région connue avec certitude.",
    ),
    "both_sides": (
        "The source records who fought, not who attacked: an event in which {actor} takes part counts as an "
        "attack, and the other side as its target, even where the other side began it.",
        "La source note qui a combattu, non qui a attaqué : tout événement auquel {actor} prend part compte comme "
        "une attaque, et l'autre camp comme sa cible, même s'il l'a engagé.",
    ),
    "state_forces": (
        "State forces are army, police and auxiliaries, which UCDP does not tell apart.",
        "Les forces de l'État sont l'armée, la police et les auxiliaires, que l'UCDP ne distingue pas.",
    ),
    "lethal": (
        "UCDP records lethal events only: a month of zero is not a month without attacks.",
        "L'UCDP ne recense que les événements mortels : un mois à zéro n'est pas un mois sans attaque.",
    ),
    "file_says": ("The file says of itself: {text}", "Le fichier dit de lui-même : {text}"),
    "provisional": (
        "This is a Candidate release: it counts too many events at first and will be revised.",
        "C'est une version Candidate : elle compte d'abord trop d'événements et sera révisée.",
    ),
    "left_out": ("Left out of the whole file: {list}.", "Écartées de tout le fichier : {list}."),
    "note": ("In the whole file: {list}.", "Dans tout le fichier : {list}."),
    "dated worse than date_prec 4": ("dated worse than to the month", "datées moins bien qu'au mois près"),
    "in no known region": ("in no known region", "sans région connue"),
    "spanning months, counted in the first": (
        "spanning months, counted in the first",
        "à cheval sur plusieurs mois, comptées au premier",
    ),
    "with a region whose name is not known": (
        "with a region whose name is not known",
        "dont le nom de région n'est pas connu",
    ),
    # page and figures
    "title": ("Attacks of {actor}, {period}", "Attaques de {actor}, {period}"),
    "where": ("Where", "Où"),
    "when": ("When", "Quand"),
    "rhythm_title": ("In what rhythm", "À quel rythme"),
    "how": ("How and against whom", "Comment et contre qui"),
    "caveats": ("What to bear in mind", "Ce qu'il faut garder à l'esprit"),
    "summary": ("Summary", "Résumé"),
    "region": ("Region", "Région"),
    "unit": ("First-level unit", "Unité de premier niveau"),
    "country": ("Country", "Pays"),
    "month": ("Month", "Mois"),
    "before": ("Period before", "Période précédente"),
    "tactic": ("Tactic", "Mode"),
    "target": ("Target", "Cible"),
    "map_title": ("Where were attacks recorded? {period}", "Où des attaques ont-elles été recensées ? {period}"),
    "map_below": (
        "{actor}: {n}. Each country at the level at which most of its attacks are known.",
        "{actor} : {n}. Chaque pays au niveau auquel la plupart de ses attaques sont connues.",
    ),
    "map_key": ("Attacks recorded in the period", "Attaques recensées dans la période"),
    "map_none": ("none recorded", "aucune recensée"),
    "map_range": ("{low} to {high}", "{low} à {high}"),
    "map_over": ("over {low}", "plus de {low}"),
    "map_other": (
        "no attack in the file, which may not cover it",
        "aucune attaque dans le fichier, qui peut ne pas le couvrir",
    ),
    "not_drawn": (
        "Not drawn, known for a larger unit only: {list}.",
        "Non dessinées, connues pour une unité plus grande : {list}.",
    ),
    "outlines": ("Outlines are right to about 6 km.", "Contours exacts à environ 6 km."),
    "time_title": ("When were attacks recorded? {period}", "Quand des attaques ont-elles été recensées ? {period}"),
    "time_below": (
        "Attacks by month; below, each attack that is known to the day.",
        "Attaques par mois ; en dessous, chaque attaque connue au jour près.",
    ),
    "time_before": (" The months before the period are paler.", " Les mois avant la période sont plus pâles."),
    "none": ("none", "aucune"),
    "unknown": ("not known", "inconnu"),
    "several": (
        "one tick per day; taller where there were several",
        "un trait par jour ; plus haut s'il y en a plusieurs",
    ),
    "rhythm_question": ("Do attacks come at random times?", "Les attaques viennent-elles au hasard ?"),
    "rhythm_below": (
        "Share of the times between attacks that are at least so long, {known} attacks known to the day. Inside "
        "the band: as a steady Poisson process gives in nine cases of ten. Above it on the right: long pauses; "
        "below on the left: clusters.",
        "Part des intervalles entre attaques au moins aussi longs, {known} attaques connues au jour près. Dans la "
        "bande : comme un processus de Poisson stationnaire neuf fois sur dix. Au-dessus à droite : longues pauses"
        " ; en dessous à gauche : rafales.",
    ),
    "rhythm_x": ("days between an attack and the next", "jours entre une attaque et la suivante"),
    "rhythm_y": ("share at least so long", "part au moins aussi longue"),
    "observed": ("recorded", "observé"),
    "poisson": ("steady Poisson process", "processus de Poisson stationnaire"),
    "kinds_title": ("How, and against whom? {period}", "Comment, et contre qui ? {period}"),
    "kinds_below": (
        "Attacks of {actor} by tactic and target; what the file does not say is counted as not stated.",
        "Attaques de {actor} par mode et cible ; ce que le fichier ne dit pas compte comme non précisé.",
    ),
    "statistic": ("Statistic", "Statistique"),
    "expected": ("By chance", "Par hasard"),
    "range": ("Nine cases of ten", "Neuf cas sur dix"),
    "burstiness": ("Burstiness, corrected", "Indice de rafales, corrigé"),
    "distance": ("Distance from exponential times", "Distance à des intervalles exponentiels"),
    "sharing_a_day": ("Attacks sharing a day", "Attaques partageant un jour"),
    "longest_gap": ("Longest gap, days", "Plus long intervalle, jours"),
    "method": (
        "Burstiness: Goh & Barabási 2008, corrected for finite numbers by Kim & Jo 2016. Chance: {draws} simulated"
        " steady Poisson processes, at the resolution of days. p: two-sided for burstiness, upwards for the "
        "others. Change: exact conditional test of two Poisson counts, and a quasi-Poisson interval with Student's"
        " distribution.",
        "Indice de rafales : Goh & Barabási 2008, corrigé pour les petits nombres par Kim & Jo 2016. Hasard : "
        "{draws} processus de Poisson stationnaires simulés, au jour près. p : bilatéral pour l'indice, vers le "
        "haut pour les autres. Changement : test conditionnel exact de deux nombres de Poisson, et intervalle "
        "quasi-Poisson avec la loi de Student.",
    ),
    "data": ("Data: {source}. Licence: {licence}.", "Données : {source}. Licence : {licence}."),
}


FRENCH_COUNTRIES = {
    "BEN": ("Bénin", "au"), "BFA": ("Burkina Faso", "au"), "CIV": ("Côte d'Ivoire", "en"), "CMR": ("Cameroun", "au"),
    "DZA": ("Algérie", "en"), "GHA": ("Ghana", "au"), "GIN": ("Guinée", "en"), "GMB": ("Gambie", "en"),
    "GNB": ("Guinée-Bissau", "en"), "LBR": ("Libéria", "au"), "MLI": ("Mali", "au"), "MRT": ("Mauritanie", "en"),
    "NER": ("Niger", "au"), "NGA": ("Nigéria", "au"), "SEN": ("Sénégal", "au"), "SLE": ("Sierra Leone", "en"),
    "TCD": ("Tchad", "au"), "TGO": ("Togo", "au"),
}  # fmt: skip
"""Country -> its French name, and how "in" is said before it."""
