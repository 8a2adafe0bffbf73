"""Phrases that were once misread, with similar ones; each row is a kind of phrase."""

from scripts.benchmarks.evaluate.reading import wishes_of
from scripts.benchmarks.evaluate.reading_corpus import readings_of
from tests.tables import each_of

#: The text, and its wishes as the corpus writes them.
TABLE = [
    # A denial that is itself denied.
    ("без депозита не бывает", "-"),
    ("понимаю, без залога не обойтись", "-"),
    ("без комиссии не бывает, но не больше 50%", "commission=..50"),
    ("без залога", "deposit=..0"),
    ("без балкона я не согласна", "balcony=yes!"),
    # What can be done without is no wish.
    ("технику можно без, мебель нужна", "furnished=yes"),
    ("балкон можно и без, лифт нужен", "lift=yes"),
    ("можно без мебели", "-"),
    # «Скорее нет, чем да», before and behind.
    ("скорее нет, чем да — это я про первый этаж", "first_floor=no~"),
    ("первый этаж скорее нет, чем да", "first_floor=no~"),
    ("балкон скорее да, чем нет", "balcony=yes~"),
    ("газ лучше не надо", "stove=-gas~"),
    ("не люблю газ и хрущёвки", "stove=-gas house_type=-khrushchevka"),
    ("душевые кабины не люблю", "bath_or_shower=-shower"),
    # From a floor to the last but one; the last of houses of so many floors.
    ("этаж с двух до предпоследнего, панель можно", "floor=2.. last_floor=no"),
    ("от 2 до предпоследнего этажа", "floor=2.. last_floor=no"),
    ("последний этаж 5-этажки не предлагать", "last_floor=no!"),
    ("не последний в пятиэтажке", "last_floor=no"),
    ("этаж третий четвертый не выше кухня десять метров", "floor=3..4 kitchen_area=10.."),
    ("подойдёт любой, лишь бы не пятый этаж без лифта", "-"),
    # The writer speaks of himself.
    ("не агент! ищу для себя", "-"),
    ("агентам не звонить", "from_owner=yes!"),
    ("owner only, please", "from_owner=yes!"),
    ("from owner, no fee", "from_owner=yes commission=..0"),
    ("студентка, тихая, не курю", "students=yes"),
    ("студентка, тихий двор", "students=yes quiet=yes"),
    ("чтобы животных раньше не было", "-"),
    ("купим 2 или 3 комнаты в сталинке", "house_type=stalinka"),
    ("сниму комнату в центре", "room=yes"),
    # Either will do.
    ("либо с мебелью до 50, либо пустую до 40", "-"),
    ("подойдёт и панель, и кирпич", "material=brick~"),
    ("вид на парк, а не дорога под окнами", "window_view=park/-street"),
    # An answer to a question of one's own.
    ("Лифт? Обязательно.", "lift=yes!"),
    ("Газ? Исключено.", "stove=-gas!"),
    # A cut year, a cut word, a typing error.
    ("сдача 25-26 год", "completion=..2026.75"),
    ("3к изолир, 2 лодж", "rooms_layout=isolated balcony=yes"),
    ("с балконм и лифтам", "balcony=yes lift=yes"),
    # A denial ends with what it denies: «никто не жил», «без вложений».
    ("новый ремонт, никто не жил монолит", "renovation=cosmetic/euro/design material=monolith"),
    ("без вложений монолитный", "material=monolith"),
    ("тихие без тусовок вайфай", "quiet=yes internet=yes"),
    ("без доплат и обременений", "encumbrance=no"),
    # A view of a tower is no wish for one, and papers at first hand are no new building.
    ("с видом на высотку и Новый Арбат", "-"),
    ("высотку не ниже 17 этажа", "house_floors=17.. floor=17.."),
    ("первичные документы", "-"),
    ("первичный рынок", "new_building=yes"),
    # What nobody does without is needed.
    ("без балкона никак", "balcony=yes!"),
    ("без кондиционера не проживу", "air_conditioner=yes!"),
    ("никак не найду с балконом", "balcony=yes"),
    # «Ни» goes on with what is not needed.
    ("не нужна ни посудомойка, ни телевизор, нужна ванна", "bath_or_shower=bath"),
    ("ни первого, ни последнего этажа", "first_floor=no last_floor=no"),
    ("первый этаж? ни за что", "first_floor=no!"),
    # Nobody looks for a house without a lift.
    ("без лифта не выше второго", "floor=..2"),
    ("согласны на дом без лифта", "-"),
    ("без лифта не предлагать", "lift=yes!"),
    # Another home that was seen; another day; another term.
    ("Смотрела вашу на 4 этаже — супер, но нет лоджии. Есть с лоджией?", "balcony=yes"),
    ("хотели бы посмотреть на выходных", "-"),
    ("сниму на выходные", "rent_term=daily"),
    ("нужна прописка временная, хотя бы на год", "registration=yes"),
    ("нужна регистрация, договор на год", "registration=yes rent_term=long"),
    # Conditions: what is said of either case, and who must not mind.
    ("если без мебели — до 30, с мебелью — до 40", "-"),
    ("если хозяин не против кошки", "cats=yes"),
    ("лифт обязательно и не выше 9-го", "lift=yes! floor=..9"),
    ("хрущёвку рассмотрю, если кирпич", "-"),
    # Lists with numbers, runs of floors.
    ("Нужно:\n1. Кухня от 9\n2. Лоджия\nНе надо:\n1. Первый этаж", "kitchen_area=9.. balcony=yes first_floor=no"),
    ("этаж 3 4 5 кухня 9", "floor=3..5 kitchen_area=9.."),
    ("куплю 1-2х комнатную,вторичку", "new_building=no"),
    ("главное этаж со второго по восьмой", "floor=2..8!"),
    ("deal breaker: первый этаж, газ", "first_floor=no! stove=-gas!"),
    # In Kazakh: «немесе», «болса да болмаса да», «жане» is no new house.
    ("балкон болса да болмаса да", "-"),
    ("депозит болмаса жақсы", "deposit=..0~"),
    ("жылы үй және лифт", "lift=yes"),
    ("11 айға, иесінен", "rent_term=long/months from_owner=yes"),
    # An aversion refuses what would otherwise only be not needed.
    ("аллергия на газ", "stove=-gas"),
    ("газ не нужен", "-"),
    ("первый пугает, последний не пугает", "first_floor=no"),
    ("не могу без ванны", "bath_or_shower=bath!"),
    # What is not excluded is accepted, no more.
    ("первый этаж не исключаю, цоколь исключаю", "basement=no!"),
    ("ипотека не исключена", "mortgage=yes~"),
    ("первый этаж только если высокий", "-"),
    ("первый этаж — никогда", "first_floor=no!"),
    ("первый этаж — подумаем", "-"),
    ("ничего не имею против хрущёвки", "-"),
    ("any floor but the first", "first_floor=no"),
    # Dates in figures, months cut short, "May", which also permits.
    ("въезд с 20.12", "move_in=..354"),
    ("Когда: с 5 сент. Срок: год", "move_in=..248 rent_term=long"),
    ("from the 1st of May, long term", "move_in=..121 rent_term=long"),
    ("до 10.05 млн", "-"),
    # Numbers of something else.
    ("недалеко от 5-й больницы", "-"),
    ("этажи кроме 1 и 5", "first_floor=no"),
    ("этаж 2/3/4, балкон", "floor=2..4 balcony=yes"),
    ("метро пешком 10", "metro_walk=..10"),
    # Rooms and the living area are one.
    ("комнаты от 40 метров жилой", "living_area=40.."),
    ("залог за месяц; не дороже 40 тыс.", "deposit=..1 price_cap=..40000!"),
    ("никаких депозитов больше месяца", "deposit=..1!"),
    ("подальше от первого этажа", "first_floor=no"),
    ("мне всё равно, хоть панель хоть кирпич", "-"),
    ("мебель не принципиальна, но если есть — хорошо", "furnished=yes~"),
    ("ванна (не душ!), балкон", "bath_or_shower=bath balcony=yes"),
    # A list behind a dash; what is only accepted on a condition; «с мебелью и без».
    ("Обязательно — лифт, балкон. Исключено — газ.", "lift=yes! balcony=yes! stove=-gas!"),
    ("первый этаж — только с решётками", "-"),
    ("только с балконом", "balcony=yes!"),
    ("с мебелью и без, лифт", "lift=yes"),
    ("можно с комиссией, но не больше 50 процентов", "commission=..50~"),
    ("no deposit, up to 6 people", "deposit=..0"),
    ("не предлагайте, пожалуйста, хрущёвки", "house_type=-khrushchevka!"),
    ("не предлагать новостройки на стадии строительства", "handed_over=yes!"),
    ("Ремонт: косметика или лучше", "renovation=cosmetic/euro/design"),
    ("Ремонт: евро", "renovation=euro"),
    ("нужен собственник, без агентов", "from_owner=yes"),
    ("5-қабаттан жоғары емес", "floor=..5"),
    ("5-қабаттан жоғары", "floor=6.."),
    ("иесі мысыққа қарсы болмаса екен", "cats=yes"),
    ("не кр. эт., парк. место", "first_floor=no last_floor=no parking=yard/underground/own_place"),
    # Alternatives end a row of refusals; «тоже» repeats an acceptance; a floor with its house.
    ("не первый, не последний, панель или кирпич", "first_floor=no last_floor=no material=brick/panel"),
    ("не первый, последний, угловая", "first_floor=no last_floor=no corner_flat=no"),
    ("панель рассмотрим, хрущёвку тоже", "-"),
    ("2кк, 2-4/5, балкон", "floor=2..4 balcony=yes"),
    ("дом 90-х или новее", "year_built=1990.."),
    ("м. Лесная, пешком до 10 мин", "metro_walk=..10"),
    ("пока строится дом, снимем квартиру с балконом", "balcony=yes"),
    ("новостройку без ключей не хочу", "handed_over=yes"),
    ("2 месяца залог не потянем", "-"),
    ("срок год+, заезд 1 сентября", "rent_term=long move_in=..244"),
    ("1-2 бөлме, ұзақ мерзімге", "rent_term=long"),
    ("бөлме керек", "room=yes"),
    ("от агентов отдыхаем, только собственники", "from_owner=yes!"),
    ("курим вне дома", "-"),
    # The first floor as one of two; lines with a dash for a minus; whose furniture, whose mortgage.
    ("первый или второй этаж", "floor=1..2"),
    ("не первый или второй этаж", "first_floor=no floor=2..2"),
    ("бірінші немесе екінші қабат", "floor=1..2"),
    ("+ паркинг\n– первый этаж", "parking=yard/underground/own_place first_floor=no"),
    ("семье военного", "couples=yes"),
    ("под военную ипотеку", "military_mortgage=yes"),
    ("мебель хозяйскую вывезти", "furnished=no"),
    ("совмещённый санузел не беда", "-"),
    ("дети взрослые", "-"),
    ("move in tomorrow, any studio", "move_in=..0 studio=yes"),
]


@each_of(("text", "readings"), TABLE)
def test_a_phrase_that_was_misread_is_read_as_it_is_meant(text: str, readings: str) -> None:
    assert wishes_of(text) == frozenset(readings_of(readings, lead=True))
