"""Time, dates and birthdays, weather, seasons, plans."""

from core.data.demo.lexicon import actions, adjectives, nouns, phrases
from core.data.demo.template import Topic, parse

_EVENTS = nouns("""
meeting = la reunión
class = la clase
party = la fiesta
concert = el concierto
movie = la película
game = el partido
exam = el examen/exámenes
lunch = el almuerzo
dinner = la cena
""")

_HOURS = phrases("""
two = dos
three = tres
four = cuatro
five = cinco
six = seis
seven = siete
eight = ocho
nine = nueve
ten = diez
eleven = once
twelve = doce
""")

TIME = Topic(
    name="time",
    words={
        "event": _EVENTS,
        "clock": _HOURS,
        "moment": phrases("""
six in the morning = las seis de la mañana
seven in the morning = las siete de la mañana
eight in the morning = las ocho de la mañana
ten in the morning = las diez de la mañana
three in the afternoon = las tres de la tarde
four in the afternoon = las cuatro de la tarde
five in the afternoon = las cinco de la tarde
nine in the evening = las nueve de la noche
ten in the evening = las diez de la noche
"""),
        "appointment": nouns("""
meeting = la reunión
class = la clase
party = la fiesta
concert = el concierto
game = el partido
exam = el examen/exámenes
"""),
    },
    templates=parse("""
It is {clock} o'clock. | Son las {clock}.
It is {moment}. | Son {moment}.
{event:the} is at {moment}. | {event:the} es a {moment}.
{who} [arrive:past@who] at {moment}. | {who} [llegar:past@who] a {moment}.
It is not {clock} yet. | Todavía no son las {clock}.
It is half past {clock}. | Son las {clock} y media.
It is ten past {clock}. | Son las {clock} y diez.
{event:the} is at {clock}. | {event:the} es a las {clock}.
{event:the} is at half past {clock}. | {event:the} es a las {clock} y media.
{event:the} is {soon} at {clock}. | {event:the} es {soon} a las {clock}.
{event:the} starts at {clock}. | {event:the} empieza a las {clock}.
{event:the} starts at half past {clock}. | {event:the} empieza a las {clock} y media.
{event:the} ends at {clock}. | {event:the} termina a las {clock}.
{event:the} started at {clock}. | {event:the} empezó a las {clock}.
What time does {event:the} start? | ¿A qué hora empieza {event:the}?
What time does {event:the} end? | ¿A qué hora termina {event:the}?
What time is {event:the} {soon}? | ¿A qué hora es {event:the} {soon}?
When is {event:the}? | ¿Cuándo es {event:the}?
What time is it? | ¿Qué hora es?
{event:the} lasts {number} hours. | {event:the} dura {number} horas.
{event:the} lasted {number} hours. | {event:the} duró {number} horas.
{who} [arrive:past@who] at {clock}. | {who} [llegar:past@who] a las {clock}.
{who} [arrive@who] late to {event:the}. | {who} [llegar@who] tarde a {event:the}.
{who} [have@who] {appointment:a} at {clock}. | {who} [tener@who] {appointment:a} a las {clock}.
{who} will be here in {number} minutes. | {who} [estar:fut@who] aquí en {number} minutos.
Wait {number} minutes, please. | Espera {number} minutos, por favor.
"""),
)

DATES = Topic(
    name="dates and birthdays",
    words={
        "month": phrases("""
January = enero
February = febrero
March = marzo
April = abril
May = mayo
June = junio
July = julio
August = agosto
September = septiembre
October = octubre
November = noviembre
December = diciembre
"""),
        "event": _EVENTS,
    },
    templates=parse("""
My birthday is in {month}. | Mi cumpleaños es en {month}.
{person}'s birthday is in {month}. | El cumpleaños de {person} es en {month}.
{person}'s birthday is on {day}. | El cumpleaños de {person} es el {day}.
When is {person}'s birthday? | ¿Cuándo es el cumpleaños de {person}?
Happy birthday, {name}. | Feliz cumpleaños, {name}.
Today is {day}. | Hoy es {day}.
Tomorrow is {day}. | Mañana es {day}.
Yesterday was {day}. | Ayer fue {day}.
{event:the} is on {day}. | {event:the} es el {day}.
{event:the} is in {month}. | {event:the} es en {month}.
{event:the} was on {day}. | {event:the} fue el {day}.
Is {event:the} on {day} or on {day2}? | ¿{event:the} es el {day} o el {day2}?
{who} [be:past@who] born in {month}. | {who} [nacer:past@who] en {month}.
{who} [travel:past@who] in {month}. | {who} [viajar:past@who] en {month}.
{who} [travel:past@who] on {day}. | {who} [viajar:past@who] el {day}.
The school opens in {month}. | La escuela abre en {month}.
We will see {person} on {day}. | Veremos a {person} el {day}.
We will see {person} in {month}. | Veremos a {person} en {month}.
What day is {event:the}? | ¿Qué día es {event:the}?
It is very cold in {month}. | Hace mucho frío en {month}.
"""),
)

WEATHER = Topic(
    name="weather",
    words={
        "sky": phrases("""
cold = frío
hot = calor
sunny = sol
windy = viento
cool = fresco
"""),
        "fall": actions("""
rain = llover
snow = nevar
"""),
        "where": phrases("""
here = aquí
in Madrid = en Madrid
in the mountains = en las montañas
on the coast = en la costa
in the north = en el norte
in the south = en el sur
in this city = en esta ciudad
in London = en Londres
"""),
        "when": phrases("""
today = hoy
in winter = en invierno
in summer = en verano
in spring = en primavera
in autumn = en otoño
in January = en enero
in August = en agosto
"""),
        "degree": phrases("""
five = cinco
ten = diez
twenty = veinte
thirty = treinta
forty = cuarenta
"""),
    },
    templates=parse("""
It is {sky} {where}. | Hace {sky} {where}.
It is {sky} {where} {when}. | Hace {sky} {where} {when}.
It is not {sky} {where} {when}. | No hace {sky} {where} {when}.
Is it {sky} {where} {when}? | ¿Hace {sky} {where} {when}?
Is it {sky} {where}? | ¿Hace {sky} {where}?
It was {sky} {ago}. | Hizo {sky} {ago}.
It was {sky} {where} {ago}. | Hizo {sky} {where} {ago}.
It will be {sky} {soon}. | Hará {sky} {soon}.
It will be {sky} {where} {soon}. | Hará {sky} {where} {soon}.
It is {fall:ing} {where}. | Está {fall:ger} {where}.
It is not {fall:ing} {where}. | No está {fall:ger} {where}.
Is it {fall:ing} {where}? | ¿Está {fall:ger} {where}?
It will {fall:inf} {soon}. | {fall:fut@it} {soon}.
It is going to {fall:inf} {where} {soon}. | Va a {fall:inf} {where} {soon}.
Is it going to {fall:inf} {soon}? | ¿Va a {fall:inf} {soon}?
It [rain:past] a lot {where} {ago}. | Llovió mucho {where} {ago}.
It [snow:past] a lot {where} {ago}. | Nevó mucho {where} {ago}.
It rains a lot {where} {when}. | Llueve mucho {where} {when}.
It snows a lot {where} {when}. | Nieva mucho {where} {when}.
It is {degree} degrees {where}. | Hay {degree} grados {where}.
The weather is good {where} {when}. | Hace buen tiempo {where} {when}.
The weather is bad {where} {when}. | Hace mal tiempo {where} {when}.
How is the weather {where}? | ¿Qué tiempo hace {where}?
How is the weather {where} {when}? | ¿Qué tiempo hace {where} {when}?
"""),
)

SEASONS = Topic(
    name="seasons",
    words={
        "season": nouns("""
summer = el verano
winter = el invierno
spring = la primavera
autumn = el otoño
"""),
        "act": actions("""
wear a coat = llevar abrigo
swim in the lake = nadar en el lago
pick flowers = recoger flores
make a snowman = hacer un muñeco de nieve
eat ice cream = comer helado
travel to the coast = viajar a la costa
watch the leaves fall = ver caer las hojas
light the fire = encender el fuego
"""),
        "life": adjectives("""
beautiful = bonito
long = largo
short = corto
dry = seco
"""),
    },
    templates=parse("""
In {season} {who} {act@who}. | En {season} {who} {act@who}.
{who} {act@who} in {season}. | {who} {act@who} en {season}.
{who} {ever} {act@who} in {season}. | {who} {ever} {act@who} en {season}.
Last {season} {who} {act:past@who}. | {season:the} <pasado@season> {who} {act:past@who}.
In {season} {who} [like@who] to {act:inf@who}. | En {season} {who:dat} gusta {act:inf@who}.
{who} [prefer@who] {season} to {season2}. | {who} [preferir@who] {season:the} a {season2:the}.
{who} [like@who] {season}. | {who:dat} gusta {season:the}.
Next {season} {who} will {act:inf@who}. | {season:the} que viene {who} {act:fut@who}.
{season:the} is very {life} here. | {season:the} es muy {life@season} aquí.
What do you do in {season}? | ¿Qué haces en {season}?
Do you like {season} or {season2}? | ¿Te gusta {season:the} o {season2:the}?
{season:this} is {life}. | {season:this} es {life@season}.
"""),
)

PLANS = Topic(
    name="plans",
    words={
        "act": actions("""
stay at home = quedarse en casa
see a movie = ver una película
rest a little = descansar un poco
visit a museum = visitar un museo
go to the beach = ir a la playa
have a coffee with POSS friends = tomar un café con POSS:mp amigos
organize a party = organizar una fiesta
"""),
    },
    templates=parse("""
What are you going to do {soon}? | ¿Qué vas a hacer {soon}?
What [be@third] {third} going to do {soon}? | ¿Qué [ir@third] a hacer {third} {soon}?
What did you do {ago}? | ¿Qué hiciste {ago}?
What did {third} do {ago}? | ¿Qué hizo {third} {ago}?
Are you free {soon}? | ¿Estás libre {soon}?
[be@who] {who} free {soon}? | ¿{who} [estar@who] libre {soon}?
{who} [be@who] busy {soon}. | {who} [estar@who] <ocupado@who> {soon}.
{who} [have@who] plans {soon}. | {who} [tener@who] planes {soon}.
{who} [don't@who] have plans {soon}. | {who} no [tener@who] planes {soon}.
Maybe we will see {person} {soon}. | Quizás veremos a {person} {soon}.
If it rains, {who} will stay at home. | Si llueve, {who} [quedarse:fut@who] en casa.
If it is sunny, {who} will go to the beach. | Si hace sol, {who} [ir:fut@who] a la playa.
{who} [want@who] to meet with {person} {soon}. | {who} [querer@who] quedar con {person} {soon}.
"""),
)

TOPICS = (TIME, DATES, WEATHER, SEASONS, PLANS)
