"""Sports, hobbies, parties, games."""

from core.data.demo.lexicon import actions, adjectives, nouns, phrases
from core.data.demo.template import Topic, parse

SPORTS = Topic(
    name="sports",
    words={
        "sport": nouns("""
football = el fútbol
tennis = el tenis
basketball = el baloncesto
golf = el golf
volleyball = el voleibol
hockey = el hockey
"""),
        "act": actions("""
play football = jugar al fútbol
play tennis = jugar al tenis
run in the park = correr por el parque
swim in the pool = nadar en la piscina
go to the gym = ir al gimnasio
ride a bicycle = montar en bicicleta
train with the team = entrenar con el equipo
ski in the mountains = esquiar en las montañas
win the game = ganar el partido
do yoga = hacer yoga
"""),
        "place": nouns("""
stadium = el estadio
gym = el gimnasio
swimming pool = la piscina
"""),
    },
    templates=parse("""
{who} [play@who] {sport} {often}. | {who} [jugar@who] a {sport:the} {often}.
{who} [play:past@who] {sport} {ago}. | {who} [jugar:past@who] a {sport:the} {ago}.
{who} [play@who] {sport} very well. | {who} [jugar@who] muy bien a {sport:the}.
{who} [play@who] {sport} with {person}. | {who} [jugar@who] a {sport:the} con {person}.
[do@who] {who} play {sport}? | ¿{who} [jugar@who] a {sport:the}?
{who} [like@who] {sport}. | {who:dat} gusta {sport:the}.
{who} [don't@who] like {sport}. | {who:nodat} gusta {sport:the}.
{who} [prefer@who] {sport} to {sport2}. | {who} [preferir@who] {sport:the} a {sport2:the}.
Do you want to play {sport} {soon}? | ¿Quieres jugar a {sport:the} {soon}?
The {sport} game is {soon}. | El partido de {sport} es {soon}.
The {sport} game starts at {number}. | El partido de {sport} empieza a las {number}.
{who} [watch:past@who] the {sport} game {ago}. | {who} [ver:past@who] el partido de {sport} {ago}.
Our team won the game {ago}. | Nuestro equipo ganó el partido {ago}.
Our team lost the game {ago}. | Nuestro equipo perdió el partido {ago}.
{sport} is my favorite sport. | {sport:the} es mi deporte favorito.
Who won the {sport} game? | ¿Quién ganó el partido de {sport}?
"""),
)

HOBBIES = Topic(
    name="hobbies",
    words={
        "act": actions("""
paint pictures = pintar cuadros
collect stamps = coleccionar sellos
take photos = hacer fotos
dance with POSS friends = bailar con POSS:mp amigos
go fishing = ir de pesca
read comics = leer cómics
sing in a choir = cantar en un coro
play chess = jugar al ajedrez
play cards = jugar a las cartas
cook for the family = cocinar para la familia
write poems = escribir poemas
travel by train = viajar en tren
"""),
        "sense": adjectives("""
fun = divertido
easy = fácil
difficult = difícil
interesting = interesante
boring = aburrido
expensive = caro
important = importante
"""),
    },
    templates=parse("""
It is {sense} to {act:inf@you}. | Es {sense} {act:inf}.
It is not {sense} to {act:inf@you}. | No es {sense} {act:inf}.
It is very {sense} to {act:inf@you}. | Es muy {sense} {act:inf}.
Is it {sense} to {act:inf@you}? | ¿Es {sense} {act:inf}?
{person} taught me to {act:inf@me}. | {person} me enseñó a {act:inf@me}.
{who} [learn:past@who] to {act:inf@who}. | {who} [aprender:past@who] a {act:inf@who}.
{who} [want@who] to learn to {act:inf@who}. | {who} [querer@who] aprender a {act:inf@who}.
{who} [know@who] how to {act:inf@who}. | {who} [saber@who] {act:inf@who}.
Do you know how to {act:inf@you}? | ¿Sabes {act:inf@you}?
{who} [have@who] time to {act:inf@who} {soon}. | {who} [tener@who] tiempo para {act:inf@who} {soon}.
What is your favorite hobby? | ¿Cuál es tu pasatiempo favorito?
{who} [start:past@who] to {act:inf@who} {ago}. | {who} [empezar:past@who] a {act:inf@who} {ago}.
"""),
)

PARTY = Topic(
    name="parties",
    words={
        "thing": nouns("""
cake = el pastel
gift = el regalo
balloon = el globo
candle = la vela
invitation = la invitación
costume = el disfraz
"""),
        "trait": adjectives("""
beautiful = bonito
big = grande
small = pequeño
"""),
        "occasion": phrases("""
the party = la fiesta
the wedding = la boda
the birthday = el cumpleaños
Christmas = la Navidad
"""),
        "act": actions("""
sing and dance = cantar y bailar
invite the neighbors = invitar a los vecinos
bring the drinks = traer las bebidas
dance at the party = bailar en la fiesta
celebrate POSS birthday = celebrar POSS:m cumpleaños
open the gifts = abrir los regalos
"""),
    },
    templates=parse("""
{who} [have@who] {thing:a} for {person}. | {who} [tener@who] {thing:a} para {person}.
{thing:this} is for {person}. | {thing:this} es para {person}.
{thing:the} is for {occasion}. | {thing:the} es para {occasion}.
We need {thing:a} for {occasion}. | Necesitamos {thing:a} para {occasion}.
{who} [invite:past@who] {person} to the party. | {who} [invitar:past@who] a {person} a la fiesta.
{person} is coming to the party {soon}. | {person} viene a la fiesta {soon}.
{who} [give:past@who] {thing:a} to {person}. | {who} [dar:past@who] {thing:a} a {person}.
{person}'s party is {soon}. | La fiesta de {person} es {soon}.
{name}'s wedding is {soon}. | La boda de {name} es {soon}.
There are {number} {thing:pl} on the table. | Hay {number} {thing:pl} en la mesa.
What do you want for {occasion}? | ¿Qué quieres para {occasion}?
How was {person}'s party? | ¿Cómo fue la fiesta de {person}?
How was {name}'s wedding? | ¿Cómo fue la boda de {name}?
"""),
)

TOPICS = (SPORTS, HOBBIES, PARTY)
