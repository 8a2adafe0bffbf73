"""Russian of why files, addresses and offers were not taken: reasons that reports keep as English sentences."""

#: Parts of reasons.
IMPORT_ERRORS = {
    # files as a whole
    "the file is empty": "файл пуст",
    "the XML declares a document type or entities, which are not taken": (
        "в XML объявлены тип документа или сущности; такие файлы не принимаются"
    ),
    "the compressed file is damaged or was cut off": "сжатый файл повреждён или обрывается",
    "the file is no text: it holds zero bytes": "это не текст: в файле нулевые байты",
    "the workbook has no sheets": "в книге нет листов",
    "the workbook is damaged or was cut off": "книга повреждена или обрывается",
    "this is JSON; feeds are XML, tables CSV or XLSX": "это JSON; фиды бывают в XML, таблицы — в CSV или XLSX",
    "this is a document or a picture, not a table or a feed": "это документ или картинка, а не таблица и не фид",
    "this is a web page, not a feed": "это веб-страница, а не фид",
    "this is an archive, not an .xlsx workbook; unpack it first": "это архив, а не книга .xlsx; сначала распакуйте его",
    "this is an old .xls workbook; save it as .xlsx": "это старая книга .xls; сохраните её как .xlsx",
    "the file that was sent is no longer there; send it again": "загруженного файла больше нет; загрузите его снова",
    "it was interrupted; a later import goes on": "загрузка прервалась; следующая её продолжит",
    # addresses
    "the address does not answer in time": "адрес не отвечает вовремя",
    "the address redirects to what is no web address": "адрес перенаправляет не на веб-адрес",
    "the answer breaks off before its end": "ответ обрывается",
    "the answer is damaged: it cannot be unpacked": "ответ повреждён: его не распаковать",
    "clients' requests come as a table: CSV or XLSX": "заявки клиентов загружаются таблицей: CSV или XLSX",
    "the lower end is above the upper one": "«от» больше, чем «до»",
    "it says neither purchase nor rent": "не сказано, покупка это или аренда",
    "taken for a purchase": "считаем, что покупка",
    # offers
    "it is missing": "нет значения",
    "must be above 0": "должно быть больше нуля",
    "this period is not taken": "такой период не понят",
    "this category is not known": "такая категория неизвестна",
    "this kind of property is not known": "такой вид недвижимости неизвестен",
    "land is not taken": "земля не берётся",
    "garages and parking places are not taken": "гаражи и машиноместа не берутся",
    "it is in another town": "это в другом городе",
    "no town is named; name one for the whole file": "город не указан; укажите его для всего файла",
    "it says neither sale nor rent": "не сказано, продажа это или аренда",
    "it asks for a home instead of offering one": "здесь ищут жильё, а не предлагают",
    "it holds a zero byte": "внутри нулевой байт",
    "it has more cells than the header": "ячеек больше, чем столбцов",
    "it is shorter than all others; the file may be cut off": "короче всех остальных; возможно, файл обрезан",
    # guesses
    "taken as unknown": "принято за неизвестное",
    "passed over": "пропущено",
    "this word is not known": "слово неизвестно",
    "one coordinate of two": "из двух координат есть одна",
    "is no date": "это не дата",
    "this is no web address": "это не веб-адрес",
    "this unit is not known": "единица неизвестна",
    "taken for the whole price": "принято за всю цену",
    "none are told": "не указано",
    "taken for a studio": "принято за студию",
    "type 7 with one room": "тип 7 с одной комнатой",
    "this status is not known": "статус неизвестен",
    "taken for not on the market": "считаем, что не на рынке",
    "the spreadsheet made a date of what was typed": "таблица сделала из этого дату",
    "only the portal's own number of the station": "только номер станции в портале",
    "too large for sotkas": "слишком много для соток",
    "no unit": "нет единицы",
    "taken for m²": "принято за м²",
    "taken for sotkas": "принято за сотки",
}

#: Reasons that carry figures or words: a pattern, and the Russian of its groups; the group `why` is a reason too.
IMPORT_PATTERNS = (
    (r"no column of prices was found; the columns are: (.+)", "не найден столбец с ценой; столбцы такие: {}"),
    (
        r"no column tells what clients look for; the columns are: (.+)",
        "ни в одном столбце не сказано, что ищут клиенты; столбцы такие: {}",
    ),
    (r"two columns hold the ([\w ]+): (.+)", "два столбца об одном и том же ({}): {}"),
    (
        r"none of (.+) offers could be taken; (\w+): (?P<why>.+) \((.+) of them\)",
        "не взято ни одно из {} предложений; {}: {} ({} из них)",
    ),
    (r"the XML cannot be read to its end: (.+)", "XML не читается до конца: {}"),
    (r"the (?:compressed file|workbook) unpacks to more than (\d+) GiB", "в распакованном виде больше {} ГиБ"),
    (r"the workbook cannot be read: (.+)", "книга не читается: {}"),
    (r"this XML is no feed of listings that we know: its root is (.+)", "это XML, но не фид объявлений: корень {}"),
    (r"the address answers (\d+)", "адрес отвечает {}"),
    (r"the address cannot be reached \((.+)\)", "с адресом нет связи ({})"),
    (r"the address redirects more than (\d+) times", "адрес перенаправляет больше {} раз"),
    (r"the answer is encoded as (.+), which was not asked for", "ответ закодирован как {}, чего мы не просили"),
    (r"the feed is larger than (\d+) MB", "фид больше {} МБ"),
    (r"the feed was not there after (\S+) seconds", "фид не загрузился за {} с"),
    (r"there is no host (.+)", "нет такого сервера: {}"),
    (
        r"(.+) is not a public address; feeds are not fetched from inside a network",
        "{} — не публичный адрес; фиды изнутри сети не читаются",
    ),
    (
        r"the feed is empty; (.+) listings stay on the market until somebody says that they are gone",
        "фид пуст; {} объявлений остаются на рынке, пока вы не скажете, что их больше нет",
    ),
    (
        r"(.+) rows could not be read; (.+) listings are missing and may be among them",
        "{} строк не прочитано; не хватает {} объявлений, возможно, они среди этих строк",
    ),
    (
        r"(\S+) of (\S+) listings are missing from the feed; they stay on the market until somebody says that they "
        r"are gone",
        "в фиде нет {} из {} объявлений; они остаются на рынке, пока вы не скажете, что их больше нет",
    ),
    (r"it is told per (.+), and the (.+) is not", "цена за {}, а размер не указан"),
    (r"floor (\S+) is above the house's (\S+) floors", "этаж {} выше дома: в нём {}"),
    (r"must be below (.+)", "должно быть меньше {}"),
    (r"it is longer than (.+) characters", "длиннее {} знаков"),
    (r"it stands on line (\d+) already", "уже есть в строке {}"),
    (r"it is no well-formed CSV: (.+)", "это не правильный CSV: {}"),
)
