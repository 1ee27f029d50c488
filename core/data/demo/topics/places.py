"""The city, directions, the post office, the library."""

from core.data.demo.lexicon import actions, adjectives, nouns, phrases
from core.data.demo.template import Topic, parse

_CITY = nouns("""
museum = el museo
cathedral = la catedral
square = la plaza
park = el parque
hospital = el hospital
library = la biblioteca
theater = el teatro
station = la estación
school = la escuela
pharmacy = la farmacia
post office = la oficina de correos
police station = la comisaría
hotel = el hotel
""")

CITY = Topic(
    name="city",
    words={
        "place": _CITY,
        "look": adjectives("""
old = viejo
new = nuevo
beautiful = bonito
big = grande
famous = famoso
modern = moderno
"""),
        "act": actions("""
live in the city = vivir en la ciudad
walk through the city = caminar por la ciudad
visit the museum = visitar el museo
take a taxi = tomar un taxi
cross the street = cruzar la calle
live in the center = vivir en el centro
"""),
    },
    templates=parse("""
{place:the} is very {look}. | {place:the} es muy {look@place}.
{place:the} of this city is {look}. | {place:the} de esta ciudad es {look@place}.
There is a {look} {place} in the city. | Hay {place:a} {look@place} en la ciudad.
There are {number} {place:pl} in the city. | Hay {number} {place:pl} en la ciudad.
{place:the} is in front of {place2:the}. | {place:the} está delante de {place2:the}.
{place:the} is next to {place2:the}. | {place:the} está al lado de {place2:the}.
{who} [work@who] near {place:the}. | {who} [trabajar@who] cerca de {place:the}.
{who} [be@who] in {place:the}. | {who} [estar@who] en {place:the}.
Is that the {look} {place}? | ¿Es {place:yonder} {place:the} {look@place}?
This city has a {look} {place}. | Esta ciudad tiene {place:a} {look@place}.
Meet me in front of {place:the}. | Espérame delante de {place:the}.
"""),
)

DIRECTIONS = Topic(
    name="directions",
    words={
        "place": _CITY,
        "side": phrases("""
left = a la izquierda
right = a la derecha
"""),
        "street": phrases("""
first = primera
second = segunda
third = tercera
next = próxima
"""),
    },
    templates=parse("""
Turn {side}. | Gira {side}.
Turn {side} at {place:the}. | Gira {side} en {place:the}.
Turn {side} and then {side2}. | Gira {side} y luego {side2}.
Turn {side} after {place:the}. | Gira {side} después de {place:the}.
Go straight to {place:the}. | Sigue recto hasta {place:the}.
Go straight and turn {side}. | Sigue recto y gira {side}.
Go straight and turn {side} at {place:the}. | Sigue recto y gira {side} en {place:the}.
Take the {street} street on the {side}. | Toma la {street} calle {side}.
{place:the} is on the {side}. | {place:the} está {side}.
{place:the} is on the {side} of {place2:the}. | {place:the} está {side} de {place2:the}.
{place:the} is in the {street} street. | {place:the} está en la {street} calle.
Cross the street in front of {place:the}. | Cruza la calle delante de {place:the}.
Walk {number} streets and turn {side}. | Camina {number} calles y gira {side}.
Excuse me, where is {place:the}? | Perdona, ¿dónde está {place:the}?
Excuse me, how do I get to {place:the}? | Perdona, ¿cómo llego a {place:the}?
{place:the} is {number} minutes from {place2:the}.
| {place:the} está a {number} minutos de {place2:the}.
Is {place:the} on the {side}? | ¿{place:the} está {side}?
You have to turn {side} at {place:the}. | Tienes que girar {side} en {place:the}.
{who} [be@who] lost near {place:the}. | {who} [estar@who] <perdido@who> cerca de {place:the}.
From {place:the} to {place2:the} it is {number} streets.
| De {place:the} a {place2:the} hay {number} calles.
"""),
)

POST = Topic(
    name="post office",
    words={
        "thing": nouns("""
letter = la carta
package = el paquete
stamp = el sello
postcard = la postal
envelope = el sobre
"""),
        "trait": adjectives("""
big = grande
small = pequeño
heavy = pesado
important = importante
"""),
        "act": actions("""
send a letter = enviar una carta
write a postcard = escribir una postal
buy stamps = comprar sellos
pick up a package = recoger un paquete
open the letter = abrir la carta
"""),
        "country": phrases("""
Spain = España
Mexico = México
France = Francia
Germany = Alemania
Italy = Italia
Japan = Japón
"""),
    },
    templates=parse("""
{who} [send:past@who] {thing:a} to {person}. | {who} [enviar:past@who] {thing:a} a {person}.
{who} [send:past@who] {thing:a} to {country}. | {who} [enviar:past@who] {thing:a} a {country}.
{who} [want@who] to send {thing:a} to {country}. | {who} [querer@who] enviar {thing:a} a {country}.
{who} [receive:past@who] {thing:a} {ago}. | {who} [recibir:past@who] {thing:a} {ago}.
{who} [receive:past@who] {thing:a} from {country}.
| {who} [recibir:past@who] {thing:a} de {country}.
{who} [be@who] waiting for {thing:a} from {country}.
| {who} [estar@who] esperando {thing:a} de {country}.
{thing:the} is for {person}. | {thing:the} es para {person}.
{thing:this} is for {who:obj}. | {thing:this} es para {who:obj}.
{thing:the} from {country} arrived {ago}. | {thing:the} de {country} llegó {ago}.
{thing:the} will arrive {soon}. | {thing:the} llegará {soon}.
How much does it cost to send {thing:a} to {country}? | ¿Cuánto cuesta enviar {thing:a} a {country}?
Has {thing:poss@me} arrived? | ¿Ha llegado {thing:poss@me}?
{person}'s {thing} hasn't arrived. | {thing:the} de {person} no ha llegado.
"""),
)

LIBRARY = Topic(
    name="library",
    words={
        "thing": nouns("""
book = el libro
novel = la novela
magazine = la revista
poem = el poema
newspaper = el periódico
"""),
        "trait": adjectives("""
interesting = interesante
boring = aburrido
long = largo
old = viejo
famous = famoso
difficult = difícil
"""),
        "theme": phrases("""
history = historia
love = el amor
animals = animales
music = música
science = ciencia
the war = la guerra
"""),
        "act": actions("""
read a book = leer un libro
borrow a book = pedir prestado un libro
write a novel = escribir una novela
study in the library = estudiar en la biblioteca
read the newspaper = leer el periódico
return the books = devolver los libros
"""),
    },
    templates=parse("""
{who} [read:past@who] {thing:a} {ago}. | {who} [leer:past@who] {thing:a} {ago}.
{who} [be@who] reading a very {trait} {thing}.
| {who} [estar@who] leyendo {thing:a} muy {trait@thing}.
{who} [read@who] {number} {thing:pl} {often}. | {who} [leer@who] {number} {thing:pl} {often}.
{thing:this} is about {theme}. | {thing:this} trata de {theme}.
I am reading {thing:a} about {theme}. | Estoy leyendo {thing:a} sobre {theme}.
Do you have {thing:a} about {theme}? | ¿Tienes {thing:a} sobre {theme}?
{who} [write:past@who] {thing:a} about {theme}. | {who} [escribir:past@who] {thing:a} sobre {theme}.
{who} [lend:past@who] {thing:a} to {person}. | {who} [prestar:past@who] {thing:a} a {person}.
{thing:the} is on the shelf. | {thing:the} está en el estante.
Can I borrow {thing:this}? | ¿Puedes prestarme {thing:this}?
Who wrote {thing:this}? | ¿Quién escribió {thing:this}?
{thing:this} has {number} pages. | {thing:this} tiene {number} páginas.
"""),
)

TOPICS = (CITY, DIRECTIONS, POST, LIBRARY)
