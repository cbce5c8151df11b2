#include "directory/generate/texts.h"

#define TEXTS(...)                                                                                 \
	{                                                                                          \
		(const char *const[]){__VA_ARGS__},                                                \
		    sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *)              \
	}

#define DE_SURNAMES                                                                                \
	TEXTS("Müller", "Schmidt", "Schneider", "Fischer", "Weber", "Meyer", "Wagner", "Becker",   \
	      "Schulz", "Hoffmann", "Schäfer", "Koch", "Bauer", "Richter", "Klein", "Wolf",        \
	      "Schröder", "Neumann", "Schwarz", "Zimmermann", "Braun", "Krüger", "Hofmann",        \
	      "Hartmann", "Lange", "Schmitt", "Werner", "Krause", "Meier", "Lehmann", "Köhler",    \
	      "Herrmann", "König", "Walter", "Mayer", "Huber", "Kaiser", "Fuchs", "Peters",        \
	      "Lang", "Scholz", "Möller", "Weiß", "Jung", "Hahn", "Vogel", "Friedrich", "Keller",  \
	      "Günther", "Frank", "Berger", "Winkler", "Roth", "Beck", "Lorenz", "Baumann",        \
	      "Franke", "Albrecht", "Schuster", "Simon", "Ludwig", "Böhm", "Winter", "Kraus",      \
	      "Martin", "Schumacher", "Krämer", "Vogt", "Stein", "Jäger", "Otto", "Sommer",        \
	      "Groß", "Seidel", "Heinrich", "Brandt", "Haas", "Schreiber", "Graf", "Dietrich",     \
	      "Ziegler", "Kuhn", "Kühn", "Pohl", "Engel", "Horn", "Busch", "Bergmann", "Thomas",   \
	      "Voigt", "Sauer", "Arnold", "Wolff", "Pfeiffer", "Zürcher", "Bürgi", "Gerber",       \
	      "Brunner", "Bühler", "Kälin", "Rüegg", "Wüthrich", "Nägeli")
#define DE_NOUNS                                                                                   \
	TEXTS("Bäckerei", "Garten", "Werkstatt", "Haus", "Laden", "Praxis", "Hof", "Markt",        \
	      "Stube", "Mühle", "Atelier", "Studio", "Keller", "Garage", "Handwerk", "Technik",    \
	      "Service", "Zentrum", "Kaffee", "Brot", "Holz", "Stein", "Fliesen", "Metall",        \
	      "Druck", "Blumen", "Bücher", "Mode", "Schuhe", "Räder", "Optik", "Musik", "Wein",    \
	      "Käse", "Fleisch", "Obst", "Gemüse", "Honig", "Küche", "Bad", "Heizung", "Elektro",  \
	      "Dach", "Maler", "Bau", "Umzug", "Reinigung", "Pflege", "Reisen", "Versicherung",    \
	      "Beratung", "Immobilien", "Architektur", "Sport", "Tanz", "Schule", "Hotel",         \
	      "Pension", "Gasthaus", "Wirtschaft", "Café", "Bistro", "Grill", "Imbiss",            \
	      "Apotheke", "Brille", "Uhren", "Schmuck", "Foto", "Computer", "Handy", "Möbel",      \
	      "Leuchten", "Teppiche", "Stoffe", "Spielwaren", "Tierwelt", "Fahrschule")
#define DE_ADJECTIVES                                                                              \
	TEXTS("Alte", "Neue", "Kleine", "Große", "Grüne", "Blaue", "Goldene", "Schöne", "Gute",    \
	      "Feine", "Frische", "Echte", "Helle", "Stille", "Schnelle", "Junge", "Obere",        \
	      "Untere", "Rote", "Weiße", "Warme", "Regionale", "Ländliche", "Städtische")
#define DE_STREETS                                                                                 \
	TEXTS("Hauptstrasse", "Bahnhofstraße", "Dorfstrasse", "Schulstraße", "Gartenweg",          \
	      "Kirchgasse", "Lindenallee", "Bergstraße", "Mühlweg", "Marktplatz", "Ringstraße",    \
	      "Am Bach", "Im Feld", "Goethestraße", "Schillerstraße", "Poststrasse", "Seeweg",     \
	      "Industriestrasse", "Feldweg", "Waldstraße", "Rathausplatz", "Brunnengasse")

const struct language languages[] = {
    {"CH LI", " & ", false, "####", "+4144000####", "CHF", DE_SURNAMES, DE_NOUNS, DE_ADJECTIVES, DE_STREETS,
     TEXTS("AG", "GmbH", "Söhne", "Partner", "Genossenschaft")},
    {"AT", " & ", false, "####", "+431000####", "EUR", DE_SURNAMES, DE_NOUNS, DE_ADJECTIVES, DE_STREETS,
     TEXTS("GmbH", "KG", "OG", "e.U.", "Söhne")},
    {"DE", " & ", false, "#####", "+493023125###", "EUR", DE_SURNAMES, DE_NOUNS, DE_ADJECTIVES, DE_STREETS,
     TEXTS("GmbH", "KG", "OHG", "e.K.", "Söhne", "GbR", "UG")},
    {"FR BE LU", " et ", true, "#####", "+33199000###", "EUR",
     TEXTS("Martin", "Bernard", "Thomas", "Petit", "Robert", "Richard", "Durand", "Dubois", "Moreau", "Laurent", "Simon",
	   "Michel", "Lefèvre", "Leroy", "Roux", "David", "Bertrand", "Morel", "Fournier", "Girard", "Bonnet", "Dupont",
	   "Lambert", "Fontaine", "Rousseau", "Vincent", "Müller", "Lefebvre", "Faure", "André", "Mercier", "Blanc",
	   "Guérin", "Boyer", "Garnier", "Chevalier", "François", "Legrand", "Gauthier", "Garcia", "Perrin", "Robin",
	   "Clément", "Morin", "Nicolas", "Henry", "Roussel", "Mathieu", "Gautier", "Masson", "L'Hôte", "D'Arc"),
     TEXTS("Boulangerie", "Jardin", "Atelier", "Maison", "Boutique", "Cabinet", "Ferme", "Marché", "Moulin", "Studio",
	   "Cave", "Garage", "Café", "Pain", "Bois", "Pierre", "Fleurs", "Livres", "Mode", "Chaussures", "Vélos",
	   "Optique", "Musique", "Vins", "Fromages", "Boucherie", "Fruits", "Miel", "Cuisine", "Chauffage", "Peinture",
	   "Menuiserie", "Voyages", "Assurances", "Conseil", "Immobilier", "Architecture", "Sport", "Danse", "École",
	   "Hôtel", "Auberge", "Brasserie", "Bistrot", "Restaurant", "Pharmacie", "Bijoux", "Photo", "Meubles",
	   "Lumière", "Tissus", "Jouets", "Animalerie", "Plomberie", "Couverture", "Électricité"),
     TEXTS("Le Petit", "Le Grand", "La Belle", "Le Vieux", "Au Bon", "Aux Quatre", "Le Nouveau", "La Petite", "Chez",
	   "L'Autre", "Les Deux", "Le Beau"),
     TEXTS("rue de l'Église", "rue du Moulin", "place de la Mairie", "Grande Rue", "rue des Écoles", "avenue de la Gare",
	   "rue Victor-Hugo", "chemin des Vignes", "rue de la Fontaine", "boulevard Voltaire", "rue Pasteur"),
     TEXTS("SARL", "SA", "SAS", "& Fils", "EURL")},
    {"IT", " e ", false, "#####", "+39069999####", "EUR",
     TEXTS("Rossi", "Russo", "Ferrari", "Esposito", "Bianchi", "Romano", "Colombo", "Ricci", "Marino", "Greco", "Bruno",
	   "Gallo", "Conti", "De Luca", "Mancini", "Costa", "Giordano", "Rizzo", "Lombardi", "Moretti", "Barbieri",
	   "Fontana", "Santoro", "Mariani", "Rinaldi", "Caruso", "Ferrara", "Galli", "Martini", "Leone", "Longo",
	   "Gentile", "Martinelli", "Vitale", "Lombardo", "Serra", "Coppola", "De Santis", "D'Angelo", "Marchetti"),
     TEXTS("Panificio", "Giardino", "Bottega", "Casa", "Negozio", "Studio", "Fattoria", "Mercato", "Mulino", "Cantina",
	   "Officina", "Caffè", "Pane", "Legno", "Pietra", "Fiori", "Libri", "Moda", "Scarpe", "Biciclette", "Ottica",
	   "Musica", "Vini", "Formaggi", "Macelleria", "Frutta", "Miele", "Cucina", "Idraulica", "Viaggi",
	   "Assicurazioni", "Consulenza", "Immobiliare", "Sport", "Danza", "Scuola", "Albergo", "Trattoria",
	   "Osteria", "Pizzeria", "Farmacia", "Gioielli", "Fotografia", "Mobili", "Tessuti", "Giocattoli"),
     TEXTS("Antico", "Nuovo", "Piccolo", "Grande", "Vecchio", "Bello", "Buon", "Da", "Il", "La Nuova"),
     TEXTS("Via Roma", "Via Garibaldi", "Corso Italia", "Piazza Dante", "Via Mazzini", "Via Verdi", "Viale Europa",
	   "Via della Stazione", "Via San Marco", "Via Dante Alighieri"),
     TEXTS("S.r.l.", "S.p.A.", "S.n.c.", "& Figli", "S.a.s.")},
    {"NL", " & ", false, "#### @@", "+3120555####", "EUR",
     TEXTS("de Jong", "Jansen", "de Vries", "van den Berg", "Bakker", "van Dijk", "Visser", "Janssen", "Smit", "Meijer",
	   "de Boer", "Mulder", "de Groot", "Bos", "Vos", "Peters", "Hendriks", "Dekker", "Brouwer", "Dijkstra"),
     TEXTS("Bakkerij", "Tuin", "Werkplaats", "Huis", "Winkel", "Praktijk", "Boerderij", "Markt", "Molen", "Atelier",
	   "Kelder", "Garage", "Koffie", "Brood", "Hout", "Bloemen", "Boeken", "Mode", "Schoenen", "Fietsen", "Muziek",
	   "Wijn", "Kaas", "Slagerij", "Keuken", "Reizen", "Advies", "Sport", "School", "Hotel", "Eethuis", "Apotheek"),
     TEXTS("Oude", "Nieuwe", "Kleine", "Grote", "Groene", "Gouden", "Mooie", "Goede", "Verse"),
     TEXTS("Dorpsstraat", "Kerkstraat", "Stationsweg", "Molenlaan", "Marktplein", "Schoolstraat", "Hoofdstraat"),
     TEXTS("B.V.", "V.O.F.", "& Zonen")},
    {"PL", " i ", false, "##-###", "+4822555####", "PLN",
     TEXTS("Nowak", "Kowalski", "Wiśniewski", "Wójcik", "Kowalczyk", "Kamiński", "Lewandowski", "Zieliński", "Szymański",
	   "Woźniak", "Dąbrowski", "Kozłowski", "Jankowski", "Mazur", "Kwiatkowski", "Krawczyk", "Żak"),
     TEXTS("Piekarnia", "Ogród", "Warsztat", "Dom", "Sklep", "Gabinet", "Farma", "Rynek", "Młyn", "Pracownia", "Kawiarnia",
	   "Chleb", "Drewno", "Kwiaty", "Książki", "Moda", "Buty", "Rowery", "Optyk", "Muzyka", "Wino", "Ser", "Kuchnia",
	   "Podróże", "Doradztwo", "Sport", "Szkoła", "Hotel", "Karczma", "Apteka", "Meble", "Zabawki"),
     TEXTS("Stary", "Nowy", "Mały", "Duży", "Zielony", "Złoty", "Piękny", "Dobry"),
     TEXTS("ul. Szkolna", "ul. Polna", "ul. Leśna", "ul. Słoneczna", "ul. Ogrodowa", "Rynek", "ul. Kościelna"),
     TEXTS("sp. z o.o.", "S.A.", "s.c.")},
    {"CZ SK", " a ", false, "### ##", "+420225555###", "CZK",
     TEXTS("Novák", "Svoboda", "Novotný", "Dvořák", "Černý", "Procházka", "Kučera", "Veselý", "Horák", "Němec", "Pokorný",
	   "Pospíšil", "Hájek", "Jelínek", "Král", "Růžička", "Beneš", "Fiala", "Sedláček", "Žák"),
     TEXTS("Pekárna", "Zahrada", "Dílna", "Dům", "Obchod", "Ordinace", "Farma", "Trh", "Mlýn", "Ateliér", "Kavárna", "Chléb",
	   "Dřevo", "Květiny", "Knihy", "Móda", "Obuv", "Kola", "Optika", "Hudba", "Víno", "Sýr", "Kuchyně", "Cestování",
	   "Škola", "Hotel", "Hospoda", "Lékárna", "Nábytek", "Hračky"),
     TEXTS("Starý", "Nový", "Malý", "Velký", "Zelený", "Zlatý", "Krásný", "Dobrý"),
     TEXTS("Hlavní", "Školní", "Zahradní", "Nádražní", "Lesní", "Polní", "Náměstí Míru"), TEXTS("s.r.o.", "a.s.")},
    {"GR", " & ", false, "### ##", "+30210555####", "EUR",
     TEXTS("Παπαδόπουλος", "Βλάχος", "Αγγελόπουλος", "Νικολάου", "Γεωργίου", "Δημητρίου", "Οικονόμου", "Ιωαννίδης"),
     TEXTS("Φούρνος", "Κήπος", "Εργαστήριο", "Σπίτι", "Μαγαζί", "Καφέ", "Ταβέρνα", "Βιβλία", "Μόδα", "Φαρμακείο", "Έπιπλα"),
     TEXTS("Παλιό", "Νέο", "Μικρό", "Μεγάλο", "Ωραίο", "Καλό"), TEXTS("Ερμού", "Σταδίου", "Αθηνάς", "Κηφισίας"),
     TEXTS("ΕΠΕ", "ΑΕ", "ΟΕ")},
    {"TR", " ve ", false, "#####", "+90212555####", "TRY",
     TEXTS("Yılmaz", "Kaya", "Demir", "Şahin", "Çelik", "Yıldız", "Öztürk", "Aydın", "Özdemir", "Arslan", "Doğan", "Kılıç"),
     TEXTS("Fırın", "Bahçe", "Atölye", "Ev", "Dükkan", "Kahve", "Ekmek", "Çiçek", "Kitap", "Moda", "Ayakkabı", "Bisiklet",
	   "Mutfak", "Okul", "Otel", "Lokanta", "Eczane", "Mobilya", "Müzik", "Şarküteri"),
     TEXTS("Eski", "Yeni", "Küçük", "Büyük", "Yeşil", "Altın", "Güzel"),
     TEXTS("Atatürk Caddesi", "İstiklal Caddesi", "Cumhuriyet Caddesi", "Gül Sokak"), TEXTS("Ltd. Şti.", "A.Ş.")},
    {"JP", "・", false, "###-####", "+81355550###", "JPY",
     TEXTS("佐藤", "鈴木", "高橋", "田中", "伊藤", "渡辺", "山本", "中村", "小林", "加藤", "吉田", "山田"),
     TEXTS("ベーカリー", "食堂", "書店", "花屋", "喫茶", "工房", "商店", "薬局", "酒店", "寿司", "自転車", "眼鏡"),
     TEXTS("新", "古", "小さな", "大きな", "緑の", "金の"), TEXTS("本町", "中央通り", "駅前", "桜通り"),
     TEXTS("株式会社", "有限会社")},
    {"US", " & ", true, "#####", "+12025550###", "USD",
     TEXTS("Smith", "Johnson", "Williams", "Brown", "Jones", "Garcia", "Miller", "Davis", "Rodriguez", "Martinez",
	   "Hernandez", "Lopez", "Gonzalez", "Wilson", "Anderson", "Thomas", "Taylor", "Moore", "Jackson", "Martin", "Lee",
	   "Perez", "Thompson", "White", "Harris", "Sanchez", "Clark", "Ramirez", "Lewis", "Robinson", "Walker", "Young",
	   "Allen", "King", "Wright", "Scott", "Torres", "Nguyen", "Hill", "Flores", "Green", "Adams", "Nelson", "Baker",
	   "Hall", "Rivera", "Campbell", "Mitchell", "Carter", "Roberts", "O'Brien", "McDonald", "Kim", "Patel"),
     TEXTS("Bakery", "Garden", "Workshop", "House", "Store", "Clinic", "Farm", "Market", "Mill", "Studio", "Cellar", "Garage",
	   "Coffee", "Bread", "Lumber", "Stone", "Tile", "Flowers", "Books", "Fashion", "Shoes", "Bikes", "Optical",
	   "Music", "Wine", "Cheese", "Meats", "Produce", "Honey", "Kitchen", "Plumbing", "Heating", "Electric",
	   "Roofing", "Painting", "Builders", "Movers", "Cleaning", "Travel", "Insurance", "Consulting", "Realty",
	   "Architects", "Sports", "Dance", "School", "Inn", "Diner", "Grill", "Pharmacy", "Jewelry", "Photo",
	   "Computers", "Furniture", "Lighting", "Fabrics", "Toys", "Pets", "Auto", "Tires", "Fitness", "Dental"),
     TEXTS("Old", "New", "Little", "Grand", "Green", "Blue", "Golden", "Happy", "Good", "Fresh", "Family", "Sunny",
	   "Downtown", "Corner", "Main Street", "Country", "City", "Royal", "First", "United"),
     TEXTS("Main St", "Oak Ave", "Maple St", "Park Ave", "Washington Blvd", "2nd St", "Lake Rd", "Hill Dr", "Elm St",
	   "Market St", "Broadway", "Cedar Ln", "Pine St", "Church St"),
     TEXTS("LLC", "Inc.", "& Sons", "Co.", "Corp.")},
    /* Everybody else, Great Britain and Ireland among them. */
    {"GB IE", " & ", true, "@@# #@@", "+442079460###", "GBP",
     TEXTS("Smith", "Jones", "Taylor", "Brown", "Williams", "Wilson", "Johnson", "Davies", "Robinson", "Wright", "Thompson",
	   "Evans", "Walker", "White", "Roberts", "Green", "Hall", "Wood", "Jackson", "Clarke", "O'Connor", "Murphy",
	   "Kelly", "O'Sullivan", "Walsh", "Byrne", "Ryan", "Hughes", "Edwards", "Morris", "Cooper", "Ward", "Andersson",
	   "Nielsen", "Hansen", "Virtanen", "Horvat", "Kovács", "Nagy", "Popescu", "Ionescu", "Larsen", "Lindström"),
     TEXTS("Bakery", "Garden", "Workshop", "House", "Shop", "Surgery", "Farm", "Market", "Mill", "Studio", "Cellar", "Garage",
	   "Coffee", "Bread", "Timber", "Stone", "Tiles", "Flowers", "Books", "Fashion", "Shoes", "Cycles", "Opticians",
	   "Music", "Wine", "Cheese", "Butchers", "Fruit", "Honey", "Kitchens", "Plumbing", "Heating", "Electrical",
	   "Roofing", "Decorators", "Builders", "Removals", "Cleaning", "Travel", "Insurance", "Estates", "Sports",
	   "School", "Hotel", "Inn", "Arms", "Tavern", "Grill", "Pharmacy", "Jewellers", "Furniture", "Toys", "Pets"),
     TEXTS("Old", "New", "Little", "Grand", "Green", "Blue", "Golden", "Good", "Fresh", "Family", "Corner", "Village",
	   "County", "Royal", "King's", "Queen's"),
     TEXTS("High Street", "Church Lane", "Station Road", "Victoria Road", "Green Lane", "Manor Road", "Park Road",
	   "Queen's Road", "Mill Lane", "The Crescent"),
     TEXTS("Ltd", "LLP", "& Sons", "& Co", "plc")},
};
const size_t languages_count = sizeof(languages) / sizeof(languages[0]);

/* The commonest first. */
const char *const hours_texts[] = {
    "Mo-Fr 08:00-18:00",
    "Mo-Fr 09:00-18:30; Sa 09:00-16:00",
    "Mo-Fr 08:00-12:00,13:30-18:00",
    "24/7",
    "Mo-Sa 08:00-20:00",
    "Tu-Su 11:00-14:00,17:30-23:00",
    "Mo-Fr 07:30-12:00,13:00-17:00; Sa 08:00-12:00",
    "Tu-Fr 09:00-12:00,14:00-18:30; Sa 09:00-16:00; Su,Mo off",
    "Mo-Su 10:00-22:00",
    "08:00-18:00",
    "Mo-Th 11:00-23:00; Fr,Sa 11:00-02:00; Su 12:00-22:00",
    "We-Su 17:00-24:00",
    "Mo,We,Fr 09:00-12:00; Tu,Th 14:00-19:00",
    "Fr,Sa 20:00-04:00",
    "Sa 08:00-13:00",
    "Mo-Fr 09:00-17:00; PH off",
    "Sa-Mo 10:00-17:00",
    "Mo-Fr 06:00-22:00; Sa,Su 08:00-20:00",
    "Apr-Oct: Mo-Su 09:00-19:00",
    "Mo-Fr 08:00-18:00; Dec 24-26 off",
};
const size_t hours_texts_count = sizeof(hours_texts) / sizeof(hours_texts[0]);
