"""
What is said when something cannot be done, in Russian: messages of the domain, of schemas and of HTTP by their English.
"""

ERROR_SENTENCES = {
    "The name or the password is wrong.": "Неверный логин или пароль.",
    "The phone or the code is wrong, or the code has served; ask for a new one.": (
        "Неверный телефон или код, либо код уже использован; запросите новый."
    ),
    "Something broke on our side; it has been noted.": "Сбой на нашей стороне; мы о нём уже знаем.",
    "The database is busy or away; try again in a moment.": "База данных занята; попробуйте чуть позже.",
    "Your role may not open this page.": "Вашей роли эта страница недоступна.",
    "This form is out of date; open the page again and send it once more.": (
        "Форма устарела; откройте страницу заново и отправьте ещё раз."
    ),
    "The access token is missing, wrong or no longer valid; sign in again.": "Сеанс закончился; войдите снова.",
    "Too many requests; wait, then go on.": "Слишком много запросов; подождите немного.",
    "Too many codes were asked for; use the last one, or wait.": (
        "Слишком много кодов; используйте последний или подождите."
    ),
    "Names no town.": "Город не назван.",
    "Names a country; give the town.": "Названа страна; укажите город.",
    "Name the town to merge into.": "Укажите, с каким городом объединить.",
    "Both names are those of one town, or the second was merged into the first.": (
        "Это один и тот же город, или второй уже объединён с первым."
    ),
    "There is no such market.": "Такого рынка нет.",
    "There is no such page.": "Такой страницы нет.",
    "There is no such session.": "Такого входа нет: он уже завершён.",
    "There is no such invitation.": "Приглашение неверно, использовано или устарело.",
    "There is no such suspended claim.": "Подтверждать здесь нечего.",
    "A password has 8 to 128 characters.": "В пароле от 8 до 128 знаков.",
    "This is not your password.": "Это не ваш пароль.",
    "This is not the password that was set before.": "Это не тот пароль, что был задан прежде.",
    "The account has another one by now.": "В профиле уже указано другое.",
    "You are known by this e-mail address alone; prove your phone or Telegram account first.": (
        "Вас знают только по этому адресу; сначала подтвердите телефон или Telegram."
    ),
    "Pages show no pictures by http; send an address that begins with https://.": (
        "По http картинки не показываются; нужен адрес, который начинается с https://."
    ),
    "This is not a picture's address; send one that begins with https://, or upload it.": (
        "Это не адрес картинки; он начинается с https://."
    ),
    "Signing in by SMS is not set up here (SMS_GATEWAY_URL).": "Вход по SMS здесь не настроен (SMS_GATEWAY_URL).",
    "ENVIRONMENT is not set, so only this machine is let in; set it to production.": (
        "Не задана переменная ENVIRONMENT, поэтому войти можно только с этой машины."
    ),
    "Choose what to do.": "Выберите, что сделать.",
    "Choose what to confirm.": "Выберите, что подтвердить.",
    "The link is wrong, used or too old; ask for a new one.": (
        "Ссылка неверна, использована или устарела; запросите новую."
    ),
    "Too many links were asked for; use the last one, or wait.": (
        "Слишком много ссылок; откройте последнюю или подождите."
    ),
    "Signing in by e-mail is not set up here (SMTP_URL).": "Вход по почте здесь не настроен (SMTP_URL).",
    "area_min must not be above area_max.": "Площадь «от» не может быть больше площади «до».",
    "The lead's words do not say that any more; open the page again.": (
        "В тексте лида этого уже нет; откройте страницу заново."
    ),
    "There is no such lead.": "Такого лида нет.",
    "There is no such property.": "Такого объекта нет.",
    "There is no such listing.": "Такого объявления нет.",
    "There is no such match.": "Такого мэтча нет.",
    "You completed this match yourself; the other side may object.": (
        "Вы сами завершили эту сделку; возразить может вторая сторона."
    ),
    "Contacts are shared, which cannot be taken back; turn the match down instead.": (
        "Контакты уже открыты, это не вернуть; вместо этого откажитесь от мэтча."
    ),
    "The week for objections is over.": "Неделя на возражение истекла.",
    "The other side completed this match; you may object to it.": (
        "Сделку завершила вторая сторона; вы можете возразить."
    ),
    "It is too late to take that back; the other side may object.": (
        "Отменить уже нельзя; возразить может вторая сторона."
    ),
    "There is no such chat.": "Такого чата нет.",
    "There is no such action to undo.": "Отменять нечего.",
    "There is no such user.": "Такого пользователя нет.",
    "There is no such rescoring run.": "Такого запуска нет.",
    "There is no such niche.": "Такой ниши нет.",
    "There is no such campaign.": "Такой кампании нет.",
    "There is no such ad.": "Такого объявления нет.",
    "There is no such inquiry.": "Такой заявки нет.",
    "There is no such buyer.": "Такого покупателя нет.",
    "There are no such large ids.": "Таких больших номеров не бывает.",
    "You may open only your own chats.": "Открывать можно только свои чаты.",
    "Buyer and seller are the same.": "Это ваш собственный объект: писать некому.",
    "The property belongs to another user.": "Это чужой объект.",
    "There is no such notification.": "Такого уведомления нет.",
    "Both sides of this pair are your own.": "Обе стороны этой пары — ваши.",
    "This listing is your own.": "Это ваше собственное объявление.",
    "This match is completed and cannot change.": ("Сделка завершена; в ней больше ничего не меняется."),
    "The commission of this match is agreed already.": "Комиссия по этому мэтчу уже согласована.",
    "This lead or property is archived and makes no new matches.": ("Запись в архиве: новых мэтчей с ней не будет."),
    "This is the last active administrator; make another one first.": (
        "Это последний действующий администратор; сначала назначьте другого."
    ),
    "The commission is a number of per cent from 0 to 100.": "Комиссия — число процентов от 0 до 100.",
    "Choose like or dislike.": "Выберите «нравится» или «не то».",
    "Choose like, dislike or keep.": "Выберите «нравится», «не то» или «в избранное».",
    "Choose what the run covers.": "Выберите, что пересчитать.",
    "Choose a role.": "Выберите роль.",
    "Choose a status.": "Выберите статус.",
    "Choose a CSV file.": "Выберите файл CSV.",
    "Telegram did not sign this, or too long ago; sign in with Telegram again.": (
        "Telegram этого не подписывал или подписал давно; войдите через Telegram ещё раз."
    ),
    "This account is switched off.": "Этот аккаунт отключён.",
    "Characters that are not text (NUL, lone surrogates) are not allowed.": "Уберите недопустимые символы.",
    "Write a message of 1 to 4,000 characters.": "Напишите сообщение от 1 до 4000 знаков.",
    "A market is named by city and deal_type; send both.": "Для одного рынка укажите город и вид сделки.",
    "This is not a phone number; write it as +77011234567.": "Это не номер телефона; пишите так: +77011234567.",
    "There is no such phone number; write it as +77011234567.": "Такого номера не бывает; пишите так: +77011234567.",
    "The request is too large; send less at once.": "Слишком много за раз; отправьте по частям.",
    "A phone number holds no letters; write it as +77011234567.": (
        "В номере телефона нет букв; пишите так: +77011234567."
    ),
    "The spend of that day would exceed the largest storable amount.": "За один день столько не потратить.",
    "There are more cells than columns.": "Ячеек больше, чем столбцов.",
    "Missing data for required field.": "Это поле нужно заполнить.",
    "Not a valid number.": "Это не число.",
    "Not a valid integer.": "Это не целое число.",
    "This must not be blank.": "Не оставляйте пустым.",
    "Not a finite number.": "Это не число.",
    "min must not be above max.": "«От» больше, чем «до».",
    "price_min must not be above price_max.": "«От» больше, чем «до».",
    "The floor must not be above total_floors.": "Этаж выше, чем этажей в доме.",
    "It must not be before start_date.": "Не раньше первого дня.",
    "Not a valid date.": "Это не дата.",
    "Not a valid URL.": "Это не адрес: он начинается с http:// или https://.",
    "It goes with spent only.": "Только вместе с суммой.",
    "Only a lead that is won brings revenue.": "Выручку приносит только выигранный контакт.",
    "Must be greater than or equal to 0.": "Не меньше нуля.",
}

#: Errors that carry numbers or words: a pattern, and the Russian of its groups. Named groups hold words of the domain,
#: which are put into Russian too (:data:`api.console.domain_words.WORDS`).
PATTERNS = (
    (r"Line (\d+) is not CSV: (.+)\.", "Строка {} — не CSV: {}."),
    (
        r"Names several towns \((.+)\)\. Give one; make an entry of its own for each other\.",
        "Названо несколько городов ({}). Укажите один; для каждого другого создайте отдельную запись.",
    ),
    (r"Must be greater than or equal to (\S+) and less than or equal to (\S+)\.", "От {} до {}."),
    (r"Must be at most (\S+)\.", "Не больше {}."),
    (r"Must be one of: .+\.", "Выберите одно из значений."),
    (r"Longer than maximum length (\d+)\.", "Не длиннее {} знаков."),
    (r"Length must be between (\d+) and (\d+)\.", "От {} до {} знаков."),
    (r"Shorter than minimum length (\d+)\.", "Не короче {} знаков."),
    (r"These columns are not known: (.+)", "Эти столбцы неизвестны: {}"),
    (r"A file holds at most (\d+) rows; part it\.", "В файле не больше {} строк; разделите его."),
    (
        r"A \w+ that is (?P<present>\w+) cannot become (?P<wanted>\w+); it can become: (?P<allowed>.+)\.",
        "Состояние «{}» нельзя сменить на «{}»; можно на: {}.",
    ),
    (
        r"Run (\d+) \((?P<scope>\w+)\) is going; wait for it or cancel it\.",
        "Идёт запуск {} («{}»); дождитесь или отмените его.",
    ),
    (r"Run (\d+) has (?P<state>\w+); there is nothing to cancel\.", "Запуск {} уже закончен ({}); отменять нечего."),
    (r"Run (\d+) has the same market; wait .+\.", "Тот же рынок считает запуск {}; дождитесь или отмените его."),
    (r"Only an accepted match can be completed; this one is \w+\.", "Завершить можно только взаимный мэтч."),
    (
        r"Only a completed match can be objected to; this one is \w+\.",
        "Возразить можно только после завершения.",
    ),
    (r"The inquiry is \w+ already; it does not go back to \w+\.", "Заявка уже продвинулась; вернуть её назад нельзя."),
    (
        r"Only a failed run can be retried; run (\d+) is (?P<state>\w+)\.",
        "Повторить можно только неудачный запуск; запуск {}: {}.",
    ),
    (
        r"(\d+) tasks wait in the queue \w+ already; try again later, or add workers\.",
        "В очереди уже {} задач; повторите позже или добавьте воркеров.",
    ),
    (r"The request is larger than (\S+) MiB; send less at once\.", "Больше {} МиБ за раз нельзя; отправьте по частям."),
)
