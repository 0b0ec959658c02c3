"""The bot's texts in each language."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Texts:
    """The texts of one language. A new text is a new field, so that no language can lack it."""

    name: str  # on the language button
    welcome: str
    choose_language: str
    language_chosen: str
    choose_model: str
    model_button_away: str  # {name}
    only_model: str  # {name}
    model_chosen: str  # {name}
    model_unknown: str  # this and the next at most 200 characters: shown over a button
    model_away: str
    model_dropped: str  # {name}
    only_text: str
    unknown_command: str
    nothing_written: str
    busy: str
    away: str
    too_fast: str
    trouble: str
    refused: str
    too_long: str  # {limit}: the longest prompt in characters
    unreadable: str
    help_command: str  # descriptions in Telegram's command menu
    model_command: str
    language_command: str


RUSSIAN = Texts(
    name="Русский",
    welcome=(
        "Пришлите мне строку или две, и я продолжу их стихами. Одна и та же строка каждый раз даёт новые стихи.\n\n"
        "Сочиняет нейросеть: смысл бывает, но не всегда.\n\n"
        "/model: выбрать, какая модель пишет\n"
        "/language: сменить язык (switch to English)\n"
        "/help: эта подсказка"
    ),
    choose_language="На каком языке мне с вами говорить?",
    language_chosen="Хорошо, говорим по-русски. Жду вашу строку.",
    choose_model="Какая модель будет писать вам стихи?",
    model_button_away="{name} (сейчас недоступна)",
    only_model="Модель здесь одна, {name}: она и пишет все стихи.",
    model_chosen="Хорошо, теперь вам пишет модель {name}. Жду вашу строку.",
    model_unknown="Такой модели нет. Какие есть, покажет /model",
    model_away="Эта модель сейчас недоступна. Попробуйте позже или выберите другую: /model",
    model_dropped=(
        "Модели {name}, которую вы выбрали, больше нет, и ваш выбор отменён: "
        "теперь стихи пишет обычная модель. Выбрать другую: /model"
    ),
    only_text="Я умею читать только текст. Пришлите строку словами, и я её продолжу.",
    unknown_command="Такой команды я не знаю. Просто пришлите строку, и я продолжу её стихами. Подсказка: /help",
    nothing_written="В этот раз ничего не сочинилось. Попробуйте ещё раз или пришлите другую строку.",
    busy="Сейчас много желающих, и я не успеваю за всеми. Попробуйте ещё раз через минуту.",
    away="Муза отошла и пока не отвечает. Попробуйте, пожалуйста, немного позже.",
    too_fast="Я ещё сочиняю продолжение к вашим прошлым строкам. Новые пришлите, пожалуйста, чуть позже.",
    trouble="Что-то пошло не так. Попробуйте, пожалуйста, ещё раз.",
    refused="Эту строку я прочитать не могу: она слишком длинная, или в ней необычные знаки. Попробуйте другую.",
    too_long="Для меня это слишком длинно. Пришлите, пожалуйста, не больше {limit} знаков.",
    unreadable="Эту строку я прочитать не могу. Попробуйте написать её иначе.",
    help_command="Что умеет этот бот",
    model_command="Выбрать модель",
    language_command="Выбрать язык",
)

ENGLISH = Texts(
    name="English",
    welcome=(
        "Send me a line or two and I will carry on in verse. The same line gives a new poem every time.\n\n"
        "A neural network writes them, so they make sense sometimes, but not always.\n\n"
        "/model: choose the model that writes\n"
        "/language: change the language (сменить язык)\n"
        "/help: this text"
    ),
    choose_language="Which language do you prefer?",
    language_chosen="All right, English it is. Send me a line.",
    choose_model="Which model should write your poems?",
    model_button_away="{name} (unavailable)",
    only_model="There is only one model here, {name}: it writes all the poems.",
    model_chosen="All right, the model {name} writes your poems now. Send me a line.",
    model_unknown="There is no such model. To see them all: /model",
    model_away="This model is unavailable now. Try again later, or choose another one: /model",
    model_dropped=(
        "The model {name} that you chose is no longer available, so the default model writes your poems now. "
        "To choose another one: /model"
    ),
    only_text="I can only read text. Send me a line in words and I will carry on from it.",
    unknown_command="I do not know that command. Just send me a line and I will carry on in verse. Help: /help",
    nothing_written="Nothing came to me this time. Please try again, or send another line.",
    busy="Many people are asking right now and I cannot keep up. Please try again in a minute.",
    away="The muse has stepped out and is not answering. Please try again a little later.",
    too_fast="I am still busy with your earlier lines. Please send the new ones a little later.",
    trouble="Something went wrong. Please try again.",
    refused="I cannot read this line: it is too long, or has characters that I do not know. Please try another.",
    too_long="That is too long for me. Please send at most {limit} characters.",
    unreadable="I cannot read this line. Please write it in another way.",
    help_command="What this bot can do",
    model_command="Choose the model",
    language_command="Choose the language",
)

DEFAULT_LANGUAGE = "ru"
LANGUAGES: Mapping[str, Texts] = {"ru": RUSSIAN, "en": ENGLISH}
