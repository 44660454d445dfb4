"""The sample store's vocabulary, and the texts that break careless readers.

This room holds plain constants and must never compute anything.
"""

ADJECTIVES = ("Linen", "Enamel", "Walnut", "Copper", "Woollen", "Glass", "Oak", "Canvas", "Brass")
NOUNS = ("Towel", "Kettle", "Lamp", "Journal", "Apron", "Jar", "Stool", "Satchel", "Teapot", "Rug")
BRANDS = ("Fog & Field", "Ørsted Møbler", "Able, Sons", "日の出", 'The "Good" Co.', "Café Noir")
CATEGORIES = (
    ("Kitchen", None),
    ("Bath", None),
    ("Garden / Outdoor", None),
    ("Teapots", "Kitchen"),
    ("Jars; Lids", "Kitchen"),
    ("Sale", None),
    ("Livres à lire", None),
    ("Clearance", "Sale"),
)
COLOURS = (
    ("Beige", "#F5F5DC"),
    ("Orange", "#FFA500"),
    ("Rosé", "#E8A0A0"),
    ("Noir", "#000000"),
    ("深緑", "#004B23"),
)
SIZES = ("S", "M", "L", 'XL (12")')
MATERIALS = ("Cotton", "Hemp, organic", "Jute")
FIRST_NAMES = ("Jane", "Zoë", "Łukasz", "Søren", "O'Neil", "Mei-Ling", "Ana María", "José", "Ivo")
LAST_NAMES = ("Smith", "Gęśla", "Müller, Dr.", "van der Berg", "D'Angelo", "Nguyễn", "山田", "Roe")
STREETS = ("High Street", "Rue de l'Église", "Große Bleichen", "Elm, Unit #4", "Avenida São João")
PLACES = (
    ("Austin", "Texas", "78759", "United States", "US"),
    ("Boston", "Massachusetts", "02108", "United States", "US"),
    ("London", "Greater London", "SW1A 1AA", "United Kingdom", "GB"),
    ("Köln", "Nordrhein-Westfalen", "50667", "Germany", "DE"),
    ("Kraków", "Małopolskie", "30-001", "Poland", "PL"),
    ("東京", "東京都", "100-0001", "Japan", "JP"),
)

TRAPS = (
    '<p>Size 12" &amp; up, "hand made",\nwith <b>commas</b>, and a second line</p>',
    "=1+1",
    "00123",
    "Zażółć gęślą jaźń; 日本語 🍋",
    "line one\r\nline two\r\n\r\nline four",
    "@SUM(A1:A9)",
    "-5",
    "NaN",
    "null",
    "  blanks at both ends  ",
    'tab\there, quote " there',
    "1e5",
    "2026-11-23",
    "e\u0301 is not \u00e9",
    "<script>alert('x')</script>",
    "Apples | Pears=Fruit; 50% off",
)
"""Formulas, leading zeros, line breaks, quotes, words that programs take for nothing or numbers."""
