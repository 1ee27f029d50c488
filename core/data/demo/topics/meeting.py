"""Greetings, introductions, politeness, farewells."""

from core.data.demo.lexicon import adjectives, phrases
from core.data.demo.template import Topic, parse

_HELLO = phrases("""
hello = hola
hi = hola
good morning = buenos días
good afternoon = buenas tardes
good evening = buenas noches
""")

GREETINGS = Topic(
    name="greetings",
    words={
        "hello": _HELLO,
        "fine": phrases("""
fine = bien
very well = muy bien
better = mejor
well = bien
"""),
        "today": phrases("""
today = hoy
this morning = esta mañana
tonight = esta noche
this week = esta semana
"""),
    },
    phrasebook=parse("""
{hello}, how are you? | {hello}, ¿cómo estás?
{hello}, how is {yours}? | {hello}, ¿cómo está {yours}?
{hello}! | ¡{hello}!
{hello}. | {hello}.
{hello}, {name}! | ¡{hello}, {name}!
How are you? | ¿Cómo estás?
"""),
    templates=parse("""
{hello}, how are you {today}? | {hello}, ¿cómo estás {today}?
{hello}, {name}, how are you? | {hello}, {name}, ¿cómo estás?
{hello}, {name}, how are you {today}? | {hello}, {name}, ¿cómo estás {today}?
{hello}, how [be@third] {third}? | {hello}, ¿cómo [estar@third] {third}?
{hello}, how are {yourfolks}? | {hello}, ¿cómo están {yourfolks}?
{hello}, {name}, how is {yours}? | {hello}, {name}, ¿cómo está {yours}?
{hello}, {name}, how are {yourfolks}? | {hello}, {name}, ¿cómo están {yourfolks}?
How [be@third] {third} {today}? | ¿Cómo [estar@third] {third} {today}?
How is {yours} {today}? | ¿Cómo está {yours} {today}?
How are {yourfolks} {today}? | ¿Cómo están {yourfolks} {today}?
{hello}, {name}. | {hello}, {name}.
{hello}, {name}, nice to see you. | {hello}, {name}, me alegro de verte.
{hello}, {name}, are you busy {today}? | {hello}, {name}, ¿estás <ocupado@name> {today}?
{hello}, where are you? | {hello}, ¿dónde estás?
{hello}, where is {yours}? | {hello}, ¿dónde está {yours}?
{hello}, {name}, where is {yours}? | {hello}, {name}, ¿dónde está {yours}?
I am {fine}, thank you. | Estoy {fine}, gracias.
I am {fine}, thanks, and you? | Estoy {fine}, gracias, ¿y tú?
I am {fine} {today}, thank you. | Estoy {fine} {today}, gracias.
{third} [be@third] {fine}, thank you. | {third} [estar@third] {fine}, gracias.
{yourfolks} are {fine}. | {yourfolks} están {fine}.
How are you {today}? | ¿Cómo estás {today}?
Are you {fine}? | ¿Estás {fine}?
Welcome, {name}. | <bienvenido@name>, {name}.
{hello}, {name}, my name is {name2}. | {hello}, {name}, me llamo {name2}.
"""),
)

INTRODUCTIONS = Topic(
    name="introductions",
    words={
        "nation": adjectives("""
Spanish = español/española
Mexican = mexicano
English = inglés
French = francés
German = alemán/alemana
Italian = italiano
American = estadounidense
Japanese = japonés
Chinese = chino
Brazilian = brasileño
"""),
        "country": phrases("""
Spain = España
Mexico = México
France = Francia
Germany = Alemania
Italy = Italia
Japan = Japón
China = China
Brazil = Brasil
Madrid = Madrid
Rome = Roma
Paris = París
London = Londres
"""),
        "age": phrases("""
twelve = doce
fifteen = quince
twenty = veinte
thirty = treinta
forty = cuarenta
fifty = cincuenta
"""),
        "hello": _HELLO,
    },
    templates=parse("""
{hello}, my name is {name}. | {hello}, me llamo {name}.
My name is {name} and I am from {country}. | Me llamo {name} y soy de {country}.
What is your name? | ¿Cómo te llamas?
{hello}, what is your name? | {hello}, ¿cómo te llamas?
{who} [be@who] from {country}. | {who} [ser@who] de {country}.
{who} [be@who] from {country}. | {who} [ser@who] de {country}.
[be@who] {who} from {country}? | ¿{who} [ser@who] de {country}?
{who} [be@who] not from {country}. | {who} no [ser@who] de {country}.
{who} [be@who] {nation}. | {who} [ser@who] {nation@who}.
[be@who] {who} {nation}? | ¿{who} [ser@who] {nation@who}?
{who} [be@who] not {nation}. | {who} no [ser@who] {nation@who}.
{who} [live@who] in {country}. | {who} [vivir@who] en {country}.
[do@who] {who} live in {country}? | ¿{who} [vivir@who] en {country}?
{who} [be@who] {age} years old. | {who} [tener@who] {age} años.
[be@who] {who} {age} years old? | ¿{who} [tener@who] {age} años?
Where [be@third] {third} from? | ¿De dónde [ser@third] {third}?
Where are you from? | ¿De dónde eres?
Where do you live? | ¿Dónde vives?
Where [do@third] {third} live? | ¿Dónde [vivir@third] {third}?
How old are you? | ¿Cuántos años tienes?
How old [be@third] {third}? | ¿Cuántos años [tener@third] {third}?
This is {person}. | Te presento a {person}.
{hello}, this is {person}. | {hello}, te presento a {person}.
Do you know {person}? | ¿Conoces a {person}?
I know {person} very well. | Conozco muy bien a {person}.
I met {person} in {country}. | Conocí a {person} en {country}.
Nice to meet you, {name}. | Encantado de conocerte, {name}.
{who} [speak@who] with {person} {often}. | {who} [hablar@who] con {person} {often}.
"""),
)

POLITENESS = Topic(
    name="politeness",
    words={
        "help": phrases("""
your help = tu ayuda
your time = tu tiempo
your letter = tu carta
the gift = el regalo
the dinner = la cena
the coffee = el café
the information = la información
the flowers = las flores
the invitation = la invitación
everything = todo
"""),
        "fault": phrases("""
being late = llegar tarde
the mistake = el error
the noise = el ruido
the delay = el retraso
the question = la pregunta
"""),
        "favor": phrases("""
help me = ayudarme
wait a moment = esperar un momento
open the window = abrir la ventana
close the door = cerrar la puerta
repeat the question = repetir la pregunta
speak more slowly = hablar más despacio
call me = llamarme
tell me the time = decirme la hora
turn on the light = encender la luz
explain the problem = explicar el problema
come with me = venir conmigo
write your name = escribir tu nombre
"""),
    },
    phrasebook=parse("""
Thank you! | ¡Gracias!
Thank you. | Gracias.
Thank you very much! | ¡Muchas gracias!
Thank you very much. | Muchas gracias.
Thank you, {name}! | ¡Gracias, {name}!
Thank you very much, {name}! | ¡Muchas gracias, {name}!
Congratulations! | ¡Felicidades!
Congratulations, {name}! | ¡Felicidades, {name}!
You are welcome. | De nada.
I am sorry. | Lo siento.
"""),
    templates=parse("""
Thank you for {help}. | Gracias por {help}.
Thank you very much for {help}. | Muchas gracias por {help}.
Thank you for {help}, {name}. | Gracias por {help}, {name}.
Thank you very much for {help}, {name}. | Muchas gracias por {help}, {name}.
Sorry for {fault}. | Perdón por {fault}.
I am sorry for {fault}. | Lo siento por {fault}.
Sorry for {fault}, {name}. | Perdón por {fault}, {name}.
Can you {favor}, please? | ¿Puedes {favor}, por favor?
Can you {favor}? | ¿Puedes {favor}?
Could you {favor}, please? | ¿Podrías {favor}, por favor?
Could you {favor}? | ¿Podrías {favor}?
Can you {favor}, {name}? | ¿Puedes {favor}, {name}?
Could you {favor}, {name}? | ¿Podrías {favor}, {name}?
{name}, can you {favor}, please? | {name}, ¿puedes {favor}, por favor?
{name}, could you {favor}, please? | {name}, ¿podrías {favor}, por favor?
Excuse me, can you {favor}? | Perdona, ¿puedes {favor}?
Excuse me, could you {favor}? | Perdona, ¿podrías {favor}?
You are welcome, {name}. | De nada, {name}.
Don't worry, {name}. | No te preocupes, {name}.
No problem, {name}. | No hay problema, {name}.
Congratulations, {name}. | Felicidades, {name}.
Excuse me, where [be@third] {third}? | Perdona, ¿dónde [estar@third] {third}?
[be@third] {third} here, please? | ¿[estar@third] {third} aquí, por favor?
I am sorry, {third} [be@third] not here. | Lo siento, {third} no [estar@third] aquí.
{third} can {favor}. | {third} puede {favor}.
Can {third} {favor}? | ¿{third} puede {favor}?
"""),
)

FAREWELLS = Topic(
    name="farewells",
    words={
        "bye": phrases("""
goodbye = adiós
bye = adiós
see you tomorrow = hasta mañana
see you later = hasta luego
see you soon = hasta pronto
see you on Monday = hasta el lunes
see you next week = hasta la próxima semana
good night = buenas noches
"""),
        "wish": phrases("""
have a good trip = buen viaje
have a good weekend = buen fin de semana
have a good day = que tengas un buen día
good luck = buena suerte
take care = cuídate
sleep well = que duermas bien
"""),
    },
    phrasebook=parse("""
{bye}! | ¡{bye}!
{bye}. | {bye}.
{bye}, {name}! | ¡{bye}, {name}!
"""),
    templates=parse("""
{bye}, {name}. | {bye}, {name}.
{bye}, {name}, and {wish}. | {bye}, {name}, y {wish}.
{bye} and {wish}. | {bye} y {wish}.
{wish}, {name}. | {wish}, {name}.
{bye}, {name}, it is late. | {bye}, {name}, es tarde.
{bye}, I have to go. | {bye}, tengo que irme.
I have to go {soon}. | Tengo que irme {soon}.
I have to go, {name}. | Tengo que irme, {name}.
{who} [have@who] to leave {soon}. | {who} [tener@who] que salir {soon}.
{who} [leave@who] {soon}. | {who} [salir@who] {soon}.
{who} [leave:past@who] {ago}. | {who} [salir:past@who] {ago}.
{who} will come back {soon}. | {who} [volver:fut@who] {soon}.
When will {third} come back? | ¿Cuándo volverá {third}?
We will see {person} {soon}. | Veremos a {person} {soon}.
I will miss {person}. | Echaré de menos a {person}.
{who} [miss@who] {person}. | {who} [echar@who] de menos a {person}.
Say hello to {person}. | Saluda a {person}.
Say hello to {yours} from me. | Saluda a {yours} de mi parte.
I will call {person} {soon}. | Llamaré a {person} {soon}.
I will write to {person} {soon}. | Escribiré a {person} {soon}.
"""),
)

TOPICS = (GREETINGS, INTRODUCTIONS, POLITENESS, FAREWELLS)
