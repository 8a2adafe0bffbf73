"""Russian of matches and deals, of taking back, of drafts and lists that follow; see `russian_sentences`."""

DEALS = {
    "Agreed: you are paid": "Договорились: вам платят",
    "Agreed: you pay them": "Договорились: платите вы",
    "You ask for": "Вы просите",
    "You would pay them": "Вы готовы заплатить им",
    "They would pay you": "Они готовы заплатить вам",
    "They ask for": "Они просят",
    "{share}% of the price": "{share}% от цены",
    "{share}% of a month's rent": "{share}% от месячной аренды",
    "The commission that you ask for, per cent": "Комиссия, которую вы просите, проценты",
    "The commission that you would pay, per cent": "Комиссия, которую вы готовы заплатить, проценты",
    "Wishes and reasons": "Пожелания и причины",
    "Undo": "Вернуть",
    "Closed: another deal took it off the market.": "Закрыто: другая сделка сняла это с рынка.",
    "The other side says that the deal is done. If it is not, object: everything comes back.": (
        "Вторая сторона сообщила, что сделка состоялась. Если это не так, возразите: всё вернётся."
    ),
    "Until": "До",
    "Back on the market": "Вернуть на рынок",
    "Object to it": "Возразить",
    "Objected: lead and property are back on the market, and everything is as it was.": (
        "Возражение принято: лид и объект снова на рынке, всё как было."
    ),
    "The deal is done. Congratulations! Both sides are off the market; the other side is told.": (
        "Сделка состоялась, поздравляем! Лид и объект сняты с рынка; вторая сторона узнает об этом."
    ),
    "Back on the market.": "Снова на рынке.",
    "For your lead: {name}": "Для вашего лида: {name}",
    "Your property": "Ваш объект",
    "Your lead": "Ваш лид",
    "The property is off the market": "Объект снят с рынка",
    "The lead is off the market": "Лид снят с рынка",
    "The deal": "Сделка",
    "The home": "Объект",
    "What is looked for": "Что ищут",
    "Photo {number}": "Фото {number}",
    "Commission offered": "Предложенная комиссия",
    "The advert": "Объявление",
}
