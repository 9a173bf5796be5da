// French of the titles and caveats that come with the bundled data; texts of other data stay as they were written.

export const BUNDLED: Record<string, string> = {
  'Attacks by JNIM in the provinces of Burkina Faso': 'Attaques du JNIM dans les provinces du Burkina Faso',
  'Organised violence by country': 'Violence organisée par pays',
  'Fighting between states and JNIM': 'Combats entre les États et le JNIM',
  'Attacks by JNIM toward the coast': 'Attaques du JNIM en direction de la côte',
  'Attacks by JNIM in West Africa': 'Attaques du JNIM en Afrique de l’Ouest',
  'Lethal events only: a month of zero is not a month without attacks.':
    'Événements meurtriers seulement : un mois à zéro n’est pas un mois sans attaque.',
  'Lethal events only: a month of zero is not a month without violence.':
    'Événements meurtriers seulement : un mois à zéro n’est pas un mois sans violence.',
  'Events placed worse than a district or dated worse than a month are left out.':
    'Les événements localisés moins précisément qu’au district ou datés moins précisément qu’au mois sont écartés.',
  'Two events whose coordinates lie outside Burkina Faso are left out.':
    'Deux événements dont les coordonnées tombent hors du Burkina Faso sont écartés.',
  'Events include clashes and government operations in which JNIM took part.':
    'Les événements comprennent les affrontements et les opérations gouvernementales auxquels le JNIM a pris part.',
  'An event that spans months is shared by days and made whole: a month may hold deaths without an event.':
    'Un événement à cheval sur plusieurs mois est réparti au prorata des jours puis arrondi : un mois peut compter des morts sans événement.',
  'Months from January 2026 are provisional: Candidate releases over-count events and are revised later.':
    'À partir de janvier 2026 les mois sont provisoires : les versions « Candidate » comptent trop d’événements et sont révisées ensuite.',
  'All armed actors together, not JNIM alone.': 'Tous les acteurs armés réunis, et non le seul JNIM.',
  'A state is a party to the fighting, not its place: an event may lie across a border.':
    'L’État est une partie au combat, pas son lieu : un événement peut se situer de l’autre côté d’une frontière.',
  'Attacks on civilians and fighting with other armed groups are not in these figures.':
    'Les attaques contre les civils et les combats avec d’autres groupes armés ne sont pas dans ces chiffres.',
  'UCDP has no fighting between JNIM and Ivory Coast, Ghana, Guinea or Senegal: absence there is not evidence.':
    'L’UCDP ne recense aucun combat entre le JNIM et la Côte d’Ivoire, le Ghana, la Guinée ou le Sénégal : cette absence ne prouve rien.',
  'UCDP has no fighting between JNIM and Ivory Coast, Ghana, Guinea or Senegal: zero there is not evidence of quiet.':
    'L’UCDP ne recense aucun combat entre le JNIM et la Côte d’Ivoire, le Ghana, la Guinée ou le Sénégal : un zéro n’y prouve pas le calme.',
  'Two measures side by side: all events with JNIM in Burkina Faso\'s provinces; elsewhere only the state\'s own fighting with JNIM, at the state that fought, without attacks on civilians or fighting with other armed groups.':
    'Deux mesures côte à côte : tous les événements impliquant le JNIM dans les provinces du Burkina Faso ; ailleurs, seulement les combats de l’État avec le JNIM, rapportés à l’État qui a combattu, sans les attaques contre les civils ni les combats avec d’autres groupes armés.',
  'Only Burkina Faso, Mali, Niger, Benin and Togo have an event here; a forecast for another country says what is usual in quiet regions, no more.':
    'Seuls le Burkina Faso, le Mali, le Niger, le Bénin et le Togo ont ici un événement ; pour un autre pays, la prévision dit ce qui est habituel dans une région calme, rien de plus.',
  'Burkina Faso: events placed worse than a district or dated worse than a month, and two whose coordinates lie outside it, are left out.':
    'Burkina Faso : les événements localisés moins précisément qu’au district ou datés moins précisément qu’au mois, et deux dont les coordonnées tombent hors du pays, sont écartés.',
  'CC BY 4.0; counts computed by harmattan': 'CC BY 4.0 ; comptages calculés par Harmattan',
  'CC BY 4.0; sums computed by harmattan': 'CC BY 4.0 ; totaux calculés par Harmattan',
  'CC BY 4.0; counts and sums computed by harmattan': 'CC BY 4.0 ; comptages et totaux calculés par Harmattan',
};
