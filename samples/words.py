"""Words that the samples draw names, places and texts from; many scripts on purpose."""

from __future__ import annotations


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


FIRST_NAMES = _words("""
    Ada Aisha Alejandro Amélie Anders Ángela Anita Antônio Aoife Arjun Asha Astrid Ayumi
    Beatriz Björn Bogdan Camille Carmen Chidi Chloé Ciarán Daniela Dmitri Eileen Elif Émile
    Emma Esperança Fatima Félix Fiona François Freya Gabriela George Grace Gunnar Hana
    Hannah Hassan Héctor Ines Ingrid Isabella Iván Jamal James Jasmine João John José Júlia
    Jürgen Kateřina Keiko Kofi Kwame Laila Lars Latoya Leila Liam Linda Łucja Lucía Magnus
    Mai María Marie-Claire Mateusz Mary Mei Mia Michael Miguel Mohammed Nadia Naoko Ngozi
    Niamh Noah Nuria Olena Olga Oliver Omar Özgür Patricia Paweł Pedro Priya Rahul Rania
    Robert Rosa Ruth Sagal Samira Sarah Seán Sergio Siobhán Søren Sofia Susan Tariq Tatiana
    Thandiwe Thomas Uchenna Václav Valentina Wei William Xiomara Yara Yasmin Yuki Zainab Zoë
    Žofia Анна Дмитро Ελένη 美咲 伟 지우 محمد דנה
""")
LAST_NAMES = _words("""
    Abara Adeyemi Aguilar Ahmed Ali Álvarez Andersson Baker Bałtowski Bauer Bennett Bianchi
    Björklund Brown Castillo Černý Chen Chowdhury Christensen Clark Çelik Cohen Costa Cruz
    D'Angelo Davies Delgado Diallo Dubois Dvořák Eriksson Evans Ferrari Fischer Flores
    Fournier Fraser García Gómez González Goldberg Green Großmann Gupta Hall Hansen Harris
    Hernández Hoàng Horváth Ibrahim Ivanova Jackson Jansen Jensen Johnson Jones Juárez Kamau
    Khan Kim Kowalczyk Kozłowska Kumar Lambert Larsen Laurent Lee Lewis López Lundqvist
    MacDonald Martin Martínez McCarthy Mendoza Meyer Miller Mitchell Moreau Morgan Müller
    Muñoz Murphy Nakamura Nguyễn Nielsen Novák Núñez O'Brien O'Neill Okafor Oliveira Olsen
    Ortega Öztürk Papadopoulos Park Patel Pérez Petrov Phillips Popescu Quispe Ramírez Reid
    Reyes Richards Rivera Roberts Rodríguez Rossi Roy Ruiz Saitō Salazar Santos Sato Schmidt
    Şahin Sharma Silva Simon Singh Smith Sørensen Suzuki Svensson Tanaka Taylor Thompson
    Torres Tremblay van-der-Berg Vargas Vasquez Walker Wang Weber White Williams Wójcik
    Wright Yamamoto Yildiz Young Zając Zhang Zimmermann Шевченко Παπαδάκη 佐藤 王 김
""")

#: city, state or region, the first digits of its postal codes
PLACES = (
    ("Portland", "OR", "972"), ("Austin", "TX", "787"), ("Saint Paul", "MN", "551"),
    ("Boise", "ID", "837"), ("Madison", "WI", "537"), ("Tucson", "AZ", "857"),
    ("Asheville", "NC", "288"), ("Providence", "RI", "029"), ("Savannah", "GA", "314"),
    ("Boulder", "CO", "803"), ("San José", "CA", "951"), ("Española", "NM", "875"),
    ("Montréal", "QC", "H2X"), ("Québec", "QC", "G1R"), ("Mayagüez", "PR", "006"),
    ("Lincoln", "NE", "685"), ("Ann Arbor", "MI", "481"), ("Burlington", "VT", "054"),
    ("Coeur d'Alene", "ID", "838"), ("Cañon City", "CO", "812"),
)  # fmt: skip
STREETS = _words("""
    Alder Beacon Cedar Dover Elm Ferry Garden Hill Iris Juniper King Lake Main Market Mill
    North Oak Orchard Park Pearl Pine Quarry River School Spring Station Sycamore Union Vine
    Willow
""")
STREET_KINDS = ("St", "Ave", "Rd", "Ln", "Blvd", "Ct", "Way", "Pl")
COMPANY_HEADS = _words("""
    Harbor Fern Copper Juniper Granite Willow Lantern Meridian Saffron Cobalt Thistle Aurora
    Summit Marigold Quill Cedar Falcon Ember Cascade Birch Orchard Pebble Indigo Heron
    Prairie Café Société Nordlys Zürcher Peña Señorial Ångström Kraków Ōmi Élan
""")
COMPANY_TAILS = (
    "Print & Post", "Direct", "Mail Works", "Letterpress", "Outreach", "Postcards", "Marketing",
    "& Daughters", "Studio", "Collective",
)  # fmt: skip
SEASONS = (
    "Spring",
    "Summer",
    "Autumn",
    "Winter",
    "Holiday",
    "Back to school",
    "Año nuevo",
    "Black Friday",
)
OFFERS = (
    "roof check", "dental whitening", "garden opening", "kitchen refit", "gym trial",
    "café tasting",
    "piano lessons", "boiler service", "solar quote", "pet grooming", "moving week", "wine club 🍷",
)  # fmt: skip
USER_AGENTS = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148",
    "Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 Chrome/131.0 Mobile Safari/537.36",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 15_1) AppleWebKit/605.1 Version/18.1 Safari/605.1.15",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/130.0 Safari/537.36",
    "Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0",
)
BOT_AGENTS = (
    "Mozilla/5.0 (compatible; LinkPreview/1.4; +https://preview.example/bot)",
    "SafeLinksScanner/2.0",
)
TIMEZONES = (
    "America/Los_Angeles", "America/Denver", "America/Chicago", "America/New_York", "Europe/Paris",
    "UTC",
)  # fmt: skip
