//! What the demo feed is made of. The companies and their addresses are invented: nobody can own a domain
//! that ends in `.example`.

/// A company and where its postings are listed.
pub struct Company {
    pub name: &'static str,
    pub slug: &'static str,
    /// The source that lists its postings; several companies may share one.
    pub source: &'static str,
    pub ids: Ids,
    /// One sentence for the description, after the company's name.
    pub about: &'static str,
    pub families: &'static [&'static Family],
    pub places: &'static [&'static Place],
}

/// How a source writes its ids.
#[derive(Clone, Copy)]
pub enum Ids {
    /// Numbers from this one on; two sources may have equal ones.
    Numbers(u64),
    Requisitions,
    Uuids,
    Slugs,
}

/// Jobs of one kind.
pub struct Family {
    pub department: &'static str,
    pub category_id: u64,
    pub titles: &'static [&'static str],
    pub tasks: &'static [&'static str],
    pub asks: &'static [&'static str],
    /// The range of a year's pay in thousands of euros, before level and place.
    pub pay: (f64, f64),
    /// Whether it is a desk job, which has levels and remote work.
    pub desk: bool,
    /// The same in German, for places where postings are in German.
    pub german: Option<&'static German>,
}

/// A family's texts in German, in the order of the English ones.
pub struct German {
    pub titles: &'static [&'static str],
    pub tasks: &'static [&'static str],
    pub asks: &'static [&'static str],
}

/// A place of work and how pay is given there.
pub struct Place {
    pub locality: &'static str,
    pub region: &'static str,
    pub country: &'static str,
    /// For display.
    pub country_name: &'static str,
    pub currency: &'static str,
    /// Before an amount, for display.
    pub sign: &'static str,
    /// Units of the currency that are paid where a euro is paid in Berlin.
    pub rate: f64,
    /// Yearly amounts are multiples of this.
    pub step: f64,
    /// Whether manual work is paid by the hour there; otherwise by the month.
    pub by_the_hour: bool,
    pub german: bool,
}

const ENGINEERING: Family = Family {
    department: "Engineering",
    category_id: 1,
    titles: &[
        "Backend Engineer",
        "Frontend Engineer",
        "Site Reliability Engineer",
        "Mobile Engineer",
        "Embedded Software Engineer",
        "Platform Engineer",
    ],
    tasks: &[
        "Design, build and run services that other teams depend on",
        "Review code and help your colleagues to ship it",
        "Take part in the on-call rota, one week in six",
        "Measure before you optimise, and remove what is not needed",
    ],
    asks: &[
        "Several years with Rust, Go, Kotlin or a similar language",
        "You have run software in production and know how it fails",
        "You write clear English, in code and in tickets",
    ],
    pay: (62.0, 84.0),
    desk: true,
    german: Some(&German {
        titles: &[
            "Backend-Entwickler (m/w/d)",
            "Frontend-Entwickler (m/w/d)",
            "Site Reliability Engineer (m/w/d)",
            "App-Entwickler (m/w/d)",
            "Embedded-Software-Entwickler (m/w/d)",
            "Plattform-Entwickler (m/w/d)",
        ],
        tasks: &[
            "Dienste entwerfen, bauen und betreiben, auf die sich andere Teams verlassen",
            "Code prüfen und gemeinsam in Produktion bringen",
            "Rufbereitschaft, eine von sechs Wochen",
        ],
        asks: &[
            "Mehrere Jahre Erfahrung mit Rust, Go, Kotlin oder einer ähnlichen Sprache",
            "Du hast Software in Produktion betrieben und weißt, woran sie scheitert",
            "Sehr gutes Deutsch und gutes Englisch",
        ],
    }),
};

const DATA: Family = Family {
    department: "Data",
    category_id: 2,
    titles: &[
        "Data Engineer",
        "Data Analyst",
        "Machine Learning Engineer",
        "Analytics Engineer",
        "Data Scientist",
    ],
    tasks: &[
        "Own the pipelines from raw events to the tables that people query",
        "Answer questions of the product teams with numbers that hold",
        "Keep models in production honest: monitor, retrain, retire",
    ],
    asks: &[
        "Fluent SQL, and Python for the rest",
        "You can explain a confidence interval to a salesperson",
        "Experience with a column store and a workflow scheduler",
    ],
    pay: (58.0, 80.0),
    desk: true,
    german: None,
};

const DESIGN: Family = Family {
    department: "Product & Design",
    category_id: 3,
    titles: &[
        "Product Designer",
        "Product Manager",
        "UX Researcher",
        "Technical Writer",
        "Design Systems Engineer",
    ],
    tasks: &[
        "Talk to users every week, and bring engineers along",
        "Turn vague problems into small changes that can be shipped",
        "Keep one library of components that everybody uses",
    ],
    asks: &[
        "A portfolio that shows what did not work, too",
        "You have shipped with engineers, not for them",
        "Care for accessibility from the first sketch on",
    ],
    pay: (54.0, 76.0),
    desk: true,
    german: None,
};

const SALES: Family = Family {
    department: "Sales & Marketing",
    category_id: 4,
    titles: &[
        "Account Executive",
        "Sales Development Representative",
        "Key Account Manager",
        "Content Marketing Manager",
        "Partner Manager",
    ],
    tasks: &[
        "Own a region from the first call to the signed contract",
        "Plan the quarter with marketing and keep the forecast honest",
        "Visit customers, listen, and write down what they said",
    ],
    asks: &[
        "A record of selling to technical buyers",
        "You like the telephone",
        "Business English; a second language of the region is a plus",
    ],
    pay: (48.0, 72.0),
    desk: true,
    german: Some(&German {
        titles: &[
            "Account Executive (m/w/d)",
            "Vertriebsmitarbeiter Innendienst (m/w/d)",
            "Key Account Manager (m/w/d)",
            "Content-Marketing-Manager (m/w/d)",
            "Partnermanager (m/w/d)",
        ],
        tasks: &[
            "Eine Region vom ersten Gespräch bis zum Vertrag betreuen",
            "Das Quartal mit dem Marketing planen, mit ehrlicher Prognose",
            "Kunden besuchen, zuhören und aufschreiben, was sie sagen",
        ],
        asks: &[
            "Erfahrung im Vertrieb an technische Einkäufer",
            "Freude am Telefonieren",
            "Verhandlungssicheres Deutsch, gutes Englisch",
        ],
    }),
};

const OPERATIONS: Family = Family {
    department: "Finance & People",
    category_id: 5,
    titles: &[
        "Financial Controller",
        "Payroll Specialist",
        "Talent Acquisition Partner",
        "Office Manager",
        "Legal Counsel",
    ],
    tasks: &[
        "Close the month by the fourth working day",
        "Improve the process a little every month, and document it",
        "Be the person whom colleagues ask first",
    ],
    asks: &[
        "A degree or an apprenticeship in the field",
        "Discretion, and an eye for what does not add up",
        "Experience in a company of 50 to 500 people",
    ],
    pay: (46.0, 66.0),
    desk: true,
    german: None,
};

const CARE: Family = Family {
    department: "Care",
    category_id: 6,
    titles: &[
        "Registered Nurse, Intensive Care",
        "Physiotherapist",
        "Healthcare Assistant",
        "Medical Laboratory Technician",
        "Night Shift Nurse",
    ],
    tasks: &[
        "Care for patients in a team of eight, in three shifts",
        "Keep the records complete and talk to relatives",
        "Train students during their placements",
    ],
    asks: &[
        "Completed training and a valid registration",
        "Calm when it gets busy",
        "Readiness to work every second weekend",
    ],
    pay: (38.0, 50.0),
    desk: false,
    german: Some(&German {
        titles: &[
            "Pflegefachkraft Intensivstation (m/w/d)",
            "Physiotherapeut (m/w/d)",
            "Pflegehelfer (m/w/d)",
            "Medizinischer Technologe Labor (m/w/d)",
            "Dauernachtwache (m/w/d)",
        ],
        tasks: &[
            "Patientinnen und Patienten pflegen, im Team von acht, in drei Schichten",
            "Die Pflege dokumentieren und mit Angehörigen sprechen",
            "Auszubildende im Praxiseinsatz anleiten",
        ],
        asks: &[
            "Abgeschlossene Ausbildung und gültige Anerkennung",
            "Ruhe, auch wenn es voll wird",
            "Bereitschaft zum Dienst an jedem zweiten Wochenende",
        ],
    }),
};

const LOGISTICS: Family = Family {
    department: "Warehouse & Transport",
    category_id: 7,
    titles: &[
        "Warehouse Associate",
        "Forklift Driver",
        "Delivery Driver",
        "Shift Lead, Fulfilment",
        "Fleet Mechanic",
    ],
    tasks: &[
        "Pick, pack and load orders with a scanner",
        "Keep your area clean and report what is unsafe",
        "Help the next shift to start well",
    ],
    asks: &[
        "Reliability: the trucks leave on time",
        "A driving or forklift licence where the job needs one",
        "You can lift 20 kg",
    ],
    pay: (29.0, 37.0),
    desk: false,
    german: Some(&German {
        titles: &[
            "Lagermitarbeiter (m/w/d)",
            "Gabelstaplerfahrer (m/w/d)",
            "Auslieferungsfahrer (m/w/d)",
            "Schichtleiter Versand (m/w/d)",
            "Kfz-Mechatroniker Fuhrpark (m/w/d)",
        ],
        tasks: &[
            "Aufträge mit dem Scanner kommissionieren, packen und verladen",
            "Den Bereich sauber halten und melden, was unsicher ist",
            "Der nächsten Schicht einen guten Start geben",
        ],
        asks: &[
            "Zuverlässigkeit: die Lkw fahren pünktlich",
            "Führerschein oder Staplerschein, wo die Stelle ihn verlangt",
            "Du kannst 20 kg heben",
        ],
    }),
};

const HOSPITALITY: Family = Family {
    department: "Kitchen & Service",
    category_id: 8,
    titles: &[
        "Chef de Partie",
        "Front Desk Agent",
        "Barista",
        "Restaurant Supervisor",
        "Housekeeping Attendant",
    ],
    tasks: &[
        "Prepare your section before the doors open",
        "Look after guests as you would at home",
        "Keep the standards of hygiene, also in the rush",
    ],
    asks: &[
        "Experience in a similar house; we train the rest",
        "Friendly in the morning and at midnight",
        "Weekends and holidays are part of the job",
    ],
    pay: (27.0, 35.0),
    desk: false,
    german: None,
};

const MANUFACTURING: Family = Family {
    department: "Production",
    category_id: 9,
    titles: &[
        "CNC Machinist",
        "Quality Inspector",
        "Process Engineer",
        "Maintenance Electrician",
        "Optics Assembler",
    ],
    tasks: &[
        "Set up machines from drawings and keep them within tolerance",
        "Measure, record, and stop the line when something is off",
        "Plan maintenance so that nobody has to wait for it",
    ],
    asks: &[
        "An apprenticeship in a technical trade",
        "You read drawings and ask when they are wrong",
        "Two shifts, changing weekly",
    ],
    pay: (38.0, 54.0),
    desk: false,
    german: Some(&German {
        titles: &[
            "CNC-Fachkraft (m/w/d)",
            "Qualitätsprüfer (m/w/d)",
            "Prozessingenieur (m/w/d)",
            "Elektroniker Instandhaltung (m/w/d)",
            "Monteur Optik (m/w/d)",
        ],
        tasks: &[
            "Maschinen nach Zeichnung rüsten und in der Toleranz halten",
            "Messen, dokumentieren und das Band anhalten, wenn etwas nicht stimmt",
            "Wartung so planen, dass niemand darauf warten muss",
        ],
        asks: &[
            "Abgeschlossene technische Ausbildung",
            "Du liest Zeichnungen und fragst nach, wenn sie falsch sind",
            "Zwei Schichten im wöchentlichen Wechsel",
        ],
    }),
};

const EDUCATION: Family = Family {
    department: "Teaching",
    category_id: 10,
    titles: &[
        "Primary School Teacher",
        "Nursery Teacher",
        "Teaching Assistant",
        "School Social Worker",
        "Instructor, Vocational Training",
    ],
    tasks: &[
        "Plan lessons with the colleagues of your year",
        "Talk with parents early, not late",
        "Run one club of your choice in the afternoon",
    ],
    asks: &[
        "A recognised teaching qualification",
        "Patience and humour",
        "First aid; we pay for the course",
    ],
    pay: (36.0, 48.0),
    desk: false,
    german: None,
};

macro_rules! places {
    ($($name:ident: $locality:literal, $region:literal, $country:literal, $country_name:literal,
       $currency:literal, $sign:literal, $rate:literal, $step:literal, $hour:literal, $german:literal;)+) => {
        $(const $name: Place = Place {
            locality: $locality, region: $region, country: $country, country_name: $country_name,
            currency: $currency, sign: $sign, rate: $rate, step: $step, by_the_hour: $hour,
            german: $german,
        };)+
    };
}

places! {
    BERLIN: "Berlin", "Berlin", "DE", "Germany", "EUR", "€", 1.0, 1_000.0, true, true;
    HAMBURG: "Hamburg", "Hamburg", "DE", "Germany", "EUR", "€", 1.0, 1_000.0, true, true;
    JENA: "Jena", "Thüringen", "DE", "Germany", "EUR", "€", 0.9, 1_000.0, true, true;
    MUNICH: "München", "Bayern", "DE", "Germany", "EUR", "€", 1.1, 1_000.0, true, true;
    LEIPZIG: "Leipzig", "Sachsen", "DE", "Germany", "EUR", "€", 0.9, 1_000.0, true, true;
    VIENNA: "Wien", "Wien", "AT", "Austria", "EUR", "€", 0.95, 1_000.0, false, true;
    ZURICH: "Zürich", "Zürich", "CH", "Switzerland", "CHF", "CHF ", 1.6, 1_000.0, true, true;
    AMSTERDAM: "Amsterdam", "Noord-Holland", "NL", "Netherlands", "EUR", "€", 1.0, 1_000.0, true, false;
    PARIS: "Paris", "Île-de-France", "FR", "France", "EUR", "€", 0.9, 1_000.0, false, false;
    LYON: "Lyon", "Auvergne-Rhône-Alpes", "FR", "France", "EUR", "€", 0.8, 1_000.0, false, false;
    MADRID: "Madrid", "Comunidad de Madrid", "ES", "Spain", "EUR", "€", 0.7, 1_000.0, false, false;
    LISBON: "Lisboa", "Lisboa", "PT", "Portugal", "EUR", "€", 0.6, 1_000.0, false, false;
    DUBLIN: "Dublin", "Leinster", "IE", "Ireland", "EUR", "€", 1.1, 1_000.0, true, false;
    LONDON: "London", "England", "GB", "United Kingdom", "GBP", "£", 1.0, 1_000.0, true, false;
    LEEDS: "Leeds", "England", "GB", "United Kingdom", "GBP", "£", 0.75, 1_000.0, true, false;
    EDINBURGH: "Edinburgh", "Scotland", "GB", "United Kingdom", "GBP", "£", 0.8, 1_000.0, true, false;
    STOCKHOLM: "Stockholm", "Stockholms län", "SE", "Sweden", "SEK", "SEK ", 10.0, 6_000.0, false, false;
    OSLO: "Oslo", "Oslo", "NO", "Norway", "NOK", "NOK ", 12.0, 6_000.0, true, false;
    BERGEN: "Bergen", "Vestland", "NO", "Norway", "NOK", "NOK ", 11.0, 6_000.0, true, false;
    COPENHAGEN: "København", "Hovedstaden", "DK", "Denmark", "DKK", "DKK ", 8.5, 6_000.0, true, false;
    WARSAW: "Warszawa", "Mazowieckie", "PL", "Poland", "PLN", "PLN ", 3.0, 1_200.0, false, false;
    KRAKOW: "Kraków", "Małopolskie", "PL", "Poland", "PLN", "PLN ", 2.7, 1_200.0, false, false;
    PRAGUE: "Praha", "Praha", "CZ", "Czechia", "CZK", "CZK ", 17.0, 12_000.0, false, false;
    NEW_YORK: "New York", "NY", "US", "United States", "USD", "$", 2.0, 1_000.0, true, false;
    AUSTIN: "Austin", "TX", "US", "United States", "USD", "$", 1.7, 1_000.0, true, false;
    SEATTLE: "Seattle", "WA", "US", "United States", "USD", "$", 2.0, 1_000.0, true, false;
    DULUTH: "Duluth", "MN", "US", "United States", "USD", "$", 1.4, 1_000.0, true, false;
    TORONTO: "Toronto", "ON", "CA", "Canada", "CAD", "CA$", 1.6, 1_000.0, true, false;
    MONTREAL: "Montréal", "QC", "CA", "Canada", "CAD", "CA$", 1.4, 1_000.0, true, false;
    SAO_PAULO: "São Paulo", "SP", "BR", "Brazil", "BRL", "R$ ", 2.6, 1_200.0, false, false;
    BENGALURU: "Bengaluru", "Karnataka", "IN", "India", "INR", "₹", 38.0, 60_000.0, false, false;
    SINGAPORE: "Singapore", "Singapore", "SG", "Singapore", "SGD", "S$", 1.5, 1_200.0, false, false;
    TOKYO: "Tokyo", "Tokyo", "JP", "Japan", "JPY", "¥", 125.0, 120_000.0, false, false;
    SYDNEY: "Sydney", "NSW", "AU", "Australia", "AUD", "A$", 1.7, 1_000.0, true, false;
    AUCKLAND: "Auckland", "Auckland", "NZ", "New Zealand", "NZD", "NZ$", 1.6, 1_000.0, true, false;
    CAPE_TOWN: "Cape Town", "Western Cape", "ZA", "South Africa", "ZAR", "R ", 9.0, 6_000.0, false, false;
}

macro_rules! companies {
    ($($name:literal, $slug:literal, $source:literal, $ids:expr, $about:literal,
       [$($family:ident)+], [$($place:ident)+];)+) => {
        pub static COMPANIES: &[Company] = &[$(Company {
            name: $name, slug: $slug, source: $source, ids: $ids, about: $about,
            families: &[$(&$family),+], places: &[$(&$place),+],
        }),+];
    };
}

companies! {
    "Haldrin Optik", "haldrin-optik", "haldrin-optik", Ids::Numbers(4_012_000),
        "makes lenses for microscopes, and has done so since 1911",
        [MANUFACTURING MANUFACTURING ENGINEERING SALES OPERATIONS], [JENA JENA MUNICH ZURICH];
    "Brightmoor Analytics", "brightmoor", "brightmoor", Ids::Uuids,
        "tells energy companies how much wind there will be tomorrow",
        [ENGINEERING DATA DATA DESIGN SALES], [EDINBURGH LONDON BERLIN AMSTERDAM];
    "Quaywise Freight", "quaywise", "quaywise", Ids::Requisitions,
        "moves containers between 40 ports, with software of its own",
        [LOGISTICS LOGISTICS ENGINEERING OPERATIONS], [HAMBURG BERGEN COPENHAGEN LEIPZIG];
    "Tamarisk Health", "tamarisk-health", "tamarisk-health", Ids::Numbers(100),
        "runs eleven hospitals and the clinics around them",
        [CARE CARE CARE OPERATIONS DATA], [LEEDS LONDON DUBLIN EDINBURGH];
    "Klinikverbund Auental", "auental", "auental", Ids::Numbers(100),
        "betreibt vier Kliniken und eine Pflegeschule",
        [CARE], [LEIPZIG JENA BERLIN VIENNA];
    "Northlake Paper", "northlake-paper", "northlake-paper", Ids::Requisitions,
        "turns Minnesota's wood into packaging that rots",
        [MANUFACTURING LOGISTICS SALES OPERATIONS], [DULUTH DULUTH TORONTO];
    "Fernhollow Games", "fernhollow", "fernhollow", Ids::Slugs,
        "makes quiet games for people who have twenty minutes",
        [ENGINEERING DESIGN DESIGN DATA], [MONTREAL STOCKHOLM KRAKOW];
    "Saltbridge Hotels", "saltbridge", "saltbridge", Ids::Slugs,
        "owns nineteen small hotels by the sea",
        [HOSPITALITY HOSPITALITY OPERATIONS], [LISBON DUBLIN CAPE_TOWN SYDNEY];
    "Ostvind Energi", "ostvind", "ostvind", Ids::Uuids,
        "builds and repairs wind turbines at sea",
        [MANUFACTURING ENGINEERING DATA LOGISTICS], [BERGEN OSLO COPENHAGEN STOCKHOLM];
    "Pinfeather Bank", "pinfeather", "pinfeather", Ids::Requisitions,
        "is a bank without branches, for people who are paid irregularly",
        [ENGINEERING DATA DESIGN OPERATIONS SALES], [LONDON NEW_YORK SINGAPORE WARSAW];
    "Loamworks", "loamworks", "jobs-northsea", Ids::Numbers(88_100),
        "measures soil so that farms need less fertiliser",
        [ENGINEERING DATA SALES], [AMSTERDAM AUCKLAND LYON];
    "Kettleby & Rowe", "kettleby-rowe", "jobs-northsea", Ids::Numbers(88_100),
        "bakes bread for 300 shops, at night",
        [HOSPITALITY LOGISTICS MANUFACTURING], [LEEDS LONDON DUBLIN];
    "Lumenvard Schools", "lumenvard", "jobs-northsea", Ids::Numbers(88_100),
        "is a trust of 23 schools",
        [EDUCATION EDUCATION OPERATIONS], [LEEDS EDINBURGH LONDON];
    "Grünwald Fördertechnik", "gruenwald", "jobs-northsea", Ids::Numbers(88_100),
        "baut Förderbänder für Lager in ganz Europa",
        [MANUFACTURING LOGISTICS SALES], [HAMBURG MUNICH VIENNA];
    "Cobalt Wren", "cobalt-wren", "remote-post", Ids::Uuids,
        "hosts databases for teams that do not want to",
        [ENGINEERING ENGINEERING DATA DESIGN], [BERLIN LISBON TORONTO PRAGUE];
    "Papaya Ledger", "papaya-ledger", "remote-post", Ids::Uuids,
        "does the bookkeeping of online shops",
        [ENGINEERING SALES OPERATIONS DATA], [SAO_PAULO MADRID BENGALURU];
    "Tideglass", "tideglass", "remote-post", Ids::Uuids,
        "sells a map of the sea floor, made anew every month",
        [DATA ENGINEERING DESIGN], [TOKYO SYDNEY SEATTLE];
    "Marrow & Pine", "marrow-pine", "remote-post", Ids::Uuids,
        "rents tools instead of selling them",
        [SALES DESIGN ENGINEERING LOGISTICS], [AUSTIN NEW_YORK PARIS];
}
