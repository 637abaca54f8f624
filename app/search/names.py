"""Names that readers use and the vocabulary does not hold: old ones, local ones, words for stages and statuses."""

from __future__ import annotations

from app.values import UNKNOWN

# A phrase that is shorter is taken as it is spelled, and so is a word.
SHORTEST_CORRECTED = 4

# Value → other names, between semicolons.
STATES = {
    "andhra-pradesh": "andhra",
    "arunachal-pradesh": "arunachal; nefa; north east frontier agency",
    "andaman-and-nicobar": "andaman; andamans; nicobar; andaman nicobar; andaman and nicobar islands; andaman islands",
    "assam": "asom",
    "dadra-and-nagar-haveli-and-daman-and-diu": "dadra and nagar haveli; daman and diu; daman; diu",
    "delhi": "new delhi; nct of delhi",
    "gujarat": "guzerat",
    "himachal-pradesh": "himachal",
    "jammu-and-kashmir": "jammu kashmir; kashmir; jammu; j k; j and k",
    "karnataka": "mysore state",
    "kerala": "travancore; malabar coast; keralam",
    "lakshadweep": "laccadive; laccadives; laccadive islands",
    "madhya-pradesh": "central provinces; madhyapradesh",
    "maharashtra": "bombay state",
    "odisha": "orissa; utkal",
    "puducherry": "pondicherry; pondy",
    "rajasthan": "rajputana",
    "tamil-nadu": "tamilnadu; madras; madras state; madras presidency",
    "uttar-pradesh": "united provinces; uttarpradesh",
    "uttarakhand": "uttaranchal",
    "west-bengal": "bengal; paschim banga; paschimbanga; bangla",
}
# Two letters that people write for a state; others are everyday words or symbols of elements.
STATE_LETTERS = frozenset("ap cg gj hr jh jk kl mh mp od rj tg tn ts uk up wb".split())
OTHER_STATE_CODES = {"tg": "IN-TS", "ct": "IN-CG", "ut": "IN-UK"}

DISTRICTS = {
    "Alluri Sitharama Raju": "alluri; asr district; paderu",
    "Balangir": "bolangir",
    "Ballari": "bellary",
    "Balodabazar-Bhatapara": "baloda bazar; baloda bazar bhatapara",
    "Chamarajanagar": "chamrajnagar",
    "Chhatarpur": "chattarpur",
    "Chittorgarh": "chittor; chittaurgarh",
    "Dakshina Kannada": "south canara; south kanara; mangalore; mangaluru",
    "Devbhumi Dwarka": "dwarka; devbhoomi dwarka",
    "Dharmapuri": "dharmpuri",
    "Gaya": "gaya ji; gayaji",
    "Kachchh": "kutch; cutch; kachh; kuchchh; bhuj",
    "Kalahandi": "bhawanipatna",
    "Khargone": "west nimar; khargon",
    "Koppal": "koppala; kopbal",
    "Kurnool": "karnul",
    "Mayurbhanj": "baripada",
    "North Goa": "goa north",
    "Nagpur": "nagpore",
    "Palamu": "palamau; daltonganj",
    "Purulia": "puruliya; manbhum",
    "Shivamogga": "shimoga",
    "Shivpuri": "sipri",
    "Sindhudurg": "sawantwadi",
    "Sivaganga": "sivagangai; sivagangei",
    "Sonbhadra": "sonebhadra; robertsganj",
    "Tumakuru": "tumkur",
    "Uttar Bastar Kanker": "kanker; north bastar",
    "Visakhapatnam": "vizag; vizagapatam; vishakhapatnam; visakhapatanam; waltair",
    "Vizianagaram": "vizianagram",
}

# Ores and trade names, by the mineral that they are searched as.
MINERALS = {
    "aluminium": "alumina",
    "antimony": "stibnite",
    "beach-sand-minerals": "heavy minerals; heavy mineral sands; placer sand",
    "chromium": "chrome; chrome ore; chromium ore",
    "copper": "copper ore; chalcopyrite",
    "cobalt": "cobaltite",
    "fluorspar": "fluorite ore",
    "gold": "gold ore",
    "graphite": "plumbago; graphite ore; black lead",
    "iron": "hematite; haematite",
    "lead": "galena; lead ore",
    "lithium": "spodumene; lepidolite; lithium ore",
    "manganese": "pyrolusite; manganese ores",
    "molybdenum": "molybdenite; moly",
    "niobium": "columbium",
    "platinum-group-elements": "platinum group; pges; pgms; platinoids",
    "rare-earth-elements": "rees; rare earth minerals; rare earth oxides; rare earth metals; bastnaesite; bastnasite",
    "rock-phosphate": "phosphate rock",
    "silver": "silver ore",
    "tantalum": "tantalite",
    "tin": "cassiterite; tin ore; stannum",
    "titanium": "titanium ore; titaniferous",
    "tungsten": "wolframite; scheelite; tungsten ore",
    "vanadium": "vanadium ore; vanadiferous",
    "zinc": "sphalerite; zinc ore",
}
# Symbols as people type them in small letters; others are read as symbols only when written so: Ga, As, Co.
PLAIN_SYMBOLS = frozenset("li ni cu zn pb fe mn au ag ti sn sb cr mo ge nb ta zr".split())
# Everyday words even where a sentence begins with one.
NEVER_SYMBOLS = frozenset("in be la os pm er re as al no am".split())
# Right as they stand: no misspelling of a mineral or a place that they look like.
RIGHT = frozenset(
    "granite magnesite marble uranium thorium barite barytes baryte kyanite calcite quartz quartzite feldspar mica "
    "kaolin asbestos gypsum talc pyrite columbite basalt bentonite shale slate zeolite lignite andalusite perlite "
    "wollastonite vermiculite dolerite gabbro gneiss schist manganite titanite zirconia silica silicate silicon "
    "cooper sliver gallery general minerals mineral mining metals metal state states district districts indian india "
    "limited private company corporation central centre center eastern western northern southern north south east "
    "west steel stone stones sands sand water power energy geology geological resources".split()
)

STAGES = {
    "G4": "reconnaissance; reconnaissance survey; reconnaissance stage",
    "G3": "preliminary exploration; prospecting",
    "G2": "general exploration",
    "G1": "detailed exploration",
    UNKNOWN: "stage unknown; unknown stage; no stage; stage not published",
}
CONCESSIONS = {
    "CL": "composite licence; composite license; composite licences; composite licenses; cl",
    "ML": "mining lease; mining leases; ml",
    "EL": "exploration licence; exploration license; exploration licences; exploration licenses; el; "
    "exploration block; exploration blocks",
}
STATUSES = {
    "known_deposit": "known deposit; known deposits",
    "under_exploration": "under exploration; being explored",
    "offered": "on offer; offered; re offered; reoffered; for auction; up for auction; under auction; on auction; "
    "open for bids; open for bidding; bids invited; open tender; open tenders",
    "annulled": "annulled; annulment; annulled auction; auction annulled; scrapped; failed auction",
    "preferred_bidder_declared": "preferred bidder; preferred bidders; preferred bidder declared; "
    "preferred bidder found",
    "letter_of_intent": "letter of intent; letters of intent; loi",
    "licence_granted": "licence granted; license granted; granted",
    "lease_executed": "lease executed; executed; lease deed executed",
    "producing": "producing; in production; under production; in operation; working mine; working mines",
    "cancelled": "cancelled; canceled; cancellation; withdrawn",
    "preferred_bidder_declared,letter_of_intent,licence_granted,lease_executed,producing": "auctioned; awarded; "
    "successfully auctioned; sold",
}
ASSET_CLASSES = {
    "offshore_block_group": "offshore; off shore; offshore block; offshore blocks; seabed; sea bed; undersea; deep sea",
    "central_auction_block": "central auction; central auctions; auctioned by the centre; by the centre",
    "state_auction_block": "state auction; state auctions; auctioned by the state; by the state",
    "state_reserved_block": "reserved; state reserved; reserved block; reserved blocks",
}

# Words that join others and narrow nothing down; left out where they stand at an end of what is searched for.
JOINING = frozenset(
    "a all an and any are at auction auctions area areas block blocks by deposit deposits district districts find for "
    "from in is kind list located me mine mineral minerals mines near no number of off on or ore ores stage status "
    "show state states status tender tenders the there to what where which with within around about nit file id prid "
    "mstc pib document lat lon latitude longitude".split()
)
# Words of many companies' names, which alone tell none.
_GENERIC = "india indian mineral minerals mining mines metal metals resources development corporation and of the"
GENERIC = frozenset(f"{_GENERIC} energy industries enterprises government department geology survey earth".split())
LEGAL = frozenset("limited ltd private pvt pvtltd llp llc inc plc co company m s jsc".split())
