"""The portal's form of a property, with values."""

import io

from PIL import Image

FORM = {
    "deal_format": "хочу продать",
    "type": "квартира",
    "subtype": "апартаменты",
    "condition": "с ремонтом",
    "entry_year": "2024",
    "entry_quarter": "2",
    "purpose": "для проживания",
    "location": "ул. Абая, 7, Алматы",
    "price": "150000.55",
    "currency": "доллары",
    "title": "Студия у парка",
    "description": "Светлая.",
    "floor": "3",
    "total_area": "45.125",
    "living_area": "40.5",
    "ceiling_height": "3.05",
    "rooms": "1",
    "bedrooms": "1",
    "bathrooms": "2",
    "features": "kitchen,balcony",
    "equipment": "furniture,appliances",
    "building_floors": "10",
    "building_living_area": "4000",
    "apartments": "50",
    "lifts_per_entrance": "2",
    "building_features": "parking,pool",
    "building_name": "Luxury Residences",
    "developer": "Top Developer",
    "materials": "brick",
    "territory_area": "2000",
    "territory_features": "garden,gym",
    "nearby_places": "beach,park",
    "views": "sea view,city view",
    "video_title": "Apartment Tour",
    "video_url": "http://example.com/tour",
    "services": "remote deal,crypto payment",
    "commission_amount": "2.755",
    "commission_type": "% of deal",
    "documents": "title deed,purchase contract",
}
NUMBERS = {
    "entry_year", "entry_quarter", "price", "floor", "total_area", "living_area", "ceiling_height", "rooms", "bedrooms",
    "bathrooms", "building_floors", "building_living_area", "apartments", "lifts_per_entrance", "territory_area",
    "commission_amount",
}  # fmt: skip
REQUIRED = list(FORM)[:12]
PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"


def picture(color="red"):
    out = io.BytesIO()
    Image.new("RGB", (20, 10), color).save(out, "JPEG")
    return out.getvalue()


def parts(form=FORM, drop=(), **files):
    """The form with its files: images, one of each plan, three documents."""
    found = {name: value for name, value in form.items() if name not in drop}
    found["images"] = [(io.BytesIO(picture(color)), f"{color}.jpg") for color in ("red", "blue")]
    for name in ("layout", "building_layout", "territory_layout"):
        found[name] = (io.BytesIO(picture()), f"{name}.jpg")
    for name in ("document_file1", "document_file2", "document_file3"):
        found[name] = (io.BytesIO(PDF), f"{name}.pdf")
    return {name: value for name, value in (found | files).items() if value is not None}
