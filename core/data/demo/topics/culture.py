"""Music, cinema and television, museums, opinions."""

from core.data.demo.lexicon import actions, adjectives, nouns, phrases
from core.data.demo.template import Topic, parse

MUSIC = Topic(
    name="music",
    words={
        "instrument": nouns("""
guitar = la guitarra
piano = el piano
violin = el violín
flute = la flauta
drum = el tambor
trumpet = la trompeta
"""),
        "genre": nouns("""
pop = el pop
jazz = el jazz
opera = la ópera
rock = el rock
classical music = la música clásica
"""),
        "act": actions("""
play the guitar = tocar la guitarra
listen to music = escuchar música
sing a song = cantar una canción
go to a concert = ir a un concierto
learn to play the piano = aprender a tocar el piano
dance all night = bailar toda la noche
"""),
    },
    templates=parse("""
{who} [play@who] {instrument:the}. | {who} [tocar@who] {instrument:the}.
{who} [play@who] {instrument:the} {often}. | {who} [tocar@who] {instrument:the} {often}.
{who} [play@who] {instrument:the} very well. | {who} [tocar@who] muy bien {instrument:the}.
{who} [play@who] {instrument:the} and {instrument2:the}.
| {who} [tocar@who] {instrument:the} y {instrument2:the}.
[do@who] {who} play {instrument:the}? | ¿{who} [tocar@who] {instrument:the}?
{who} can play {instrument:the}. | {who} [saber@who] tocar {instrument:the}.
{who} [want@who] to play {instrument:the}. | {who} [querer@who] tocar {instrument:the}.
{who} [buy:past@who] {instrument:a} {ago}. | {who} [comprar:past@who] {instrument:a} {ago}.
{who} [have@who] {instrument:a}. | {who} [tener@who] {instrument:a}.
{who} [listen@who] to {genre} {often}. | {who} [escuchar@who] {genre} {often}.
{who} [like@who] {genre}. | {who:dat} gusta {genre:the}.
{who} [don't@who] like {genre}. | {who:nodat} gusta {genre:the}.
{who} [prefer@who] {genre} to {genre2}. | {who} [preferir@who] {genre:the} a {genre2:the}.
{person} plays {instrument:the} better than {person2}.
| {person} toca {instrument:the} mejor que {person2}.
The concert is {soon}. | El concierto es {soon}.
I like the sound of {instrument:the}. | Me gusta el sonido de {instrument:the}.
"""),
)

CINEMA = Topic(
    name="movies and television",
    words={
        "thing": nouns("""
movie = la película
program = el programa
series/series = la serie
documentary = el documental
play = la obra de teatro
"""),
        "trait": adjectives("""
good = bueno
bad = malo
boring = aburrido
funny = divertido
sad = triste
long = largo
interesting = interesante
"""),
        "act": actions("""
watch television = ver la televisión
go to the cinema = ir al cine
watch a movie = ver una película
buy the movie tickets = comprar las entradas de cine
watch the news = ver las noticias
turn on the television = encender la televisión
"""),
    },
    templates=parse("""
{who} [watch:past@who] {thing:a} {ago}. | {who} [ver:past@who] {thing:a} {ago}.
{who} [watch:past@who] a very {trait} {thing} {ago}.
| {who} [ver:past@who] {thing:a} muy {trait@thing} {ago}.
{thing:the} was very {trait}. | {thing:the} fue muy {trait@thing}.
Did you like {thing:the}? | ¿Te gustó {thing:the}?
{who} [like:past@who] {thing:the}. | {who:dat} gustó {thing:the}.
{who} didn't like {thing:the}. | {who:nodat} gustó {thing:the}.
{thing:the} starts at {number}. | {thing:the} empieza a las {number}.
What time does {thing:the} start? | ¿A qué hora empieza {thing:the}?
{thing:this} is my favorite {thing}. | {thing:this} es mi {thing} <favorito@thing>.
Have you seen {thing:this}? | ¿Has visto {thing:this}?
There is a {trait} {thing} {soon}. | Hay {thing:a} {trait@thing} {soon}.
I think that {thing:the} is {trait}. | Creo que {thing:the} es {trait@thing}.
"""),
)

MUSEUM = Topic(
    name="art and museums",
    words={
        "thing": nouns("""
painting = el cuadro
statue = la estatua
photograph = la fotografía
drawing = el dibujo
exhibition = la exposición
"""),
        "trait": adjectives("""
famous = famoso
beautiful = bonito
modern = moderno
old = viejo
strange = extraño
big = grande
expensive = caro
"""),
        "act": actions("""
visit the exhibition = visitar la exposición
paint a portrait = pintar un retrato
look at the paintings = mirar los cuadros
buy a painting = comprar un cuadro
draw animals = dibujar animales
take an art class = tomar una clase de arte
"""),
    },
    templates=parse("""
{thing:this} is by a famous artist. | {thing:this} es de un artista famoso.
{thing:the} of the museum is {trait}. | {thing:the} del museo es {trait@thing}.
The museum has {number} {thing:pl}. | El museo tiene {number} {thing:pl}.
The museum has many {thing:pl}. | El museo tiene {thing:manypl}.
The museum is {open} {often}. | El museo está {open} {often}.
The museum opens at {number}. | El museo abre a las {number}.
{thing:this} is {trait} and {trait2}. | {thing:this} es {trait@thing} y {trait2@thing}.
{who} [see:past@who] a {trait} {thing} in the museum.
| {who} [ver:past@who] {thing:a} {trait@thing} en el museo.
{person} likes {thing:this}. | A {person} le gusta {thing:this}.
"""),
)

OPINIONS = Topic(
    name="opinions",
    words={
        "idea": nouns("""
idea = la idea
plan = el plan
answer = la respuesta
question = la pregunta
book = el libro
story = la historia
decision = la decisión
project = el proyecto
"""),
        "worth": adjectives("""
good = bueno
bad = malo
interesting = interesante
important = importante
strange = extraño
difficult = difícil
easy = fácil
perfect = perfecto
necessary = necesario
"""),
        "fact": phrases("""
it is true = es verdad
it is late = es tarde
it is a good idea = es una buena idea
you are right = tienes razón
it is too early = es demasiado temprano
there is a problem = hay un problema
"""),
    },
    templates=parse("""
I think that {idea:the} is {worth}. | Creo que {idea:the} es {worth@idea}.
I think that {idea:poss@you} is very {worth}. | Creo que {idea:poss@you} es muy {worth@idea}.
{person} says that {idea:the} is {worth}. | {person} dice que {idea:the} es {worth@idea}.
{idea:poss@who} is {worth}. | {idea:poss@who} es {worth@idea}.
{idea:poss@who} is very {worth}. | {idea:poss@who} es muy {worth@idea}.
{idea:the} is {worth}. | {idea:the} es {worth@idea}.
{idea:the} is not {worth}. | {idea:the} no es {worth@idea}.
Is {idea:the} {worth}? | ¿Es {worth@idea} {idea:the}?
{idea:that} is very {worth}. | {idea:that} es muy {worth@idea}.
What a {worth} {idea}! | ¡Qué {idea} tan {worth@idea}!
{person}'s {idea} is {worth}. | {idea:the} de {person} es {worth@idea}.
I like {person}'s {idea}. | Me gusta {idea:the} de {person}.
I don't like {idea:this}. | No me gusta {idea:this}.
What do you think about {idea:this}? | ¿Qué piensas de {idea:this}?
I agree with {person}. | Estoy de acuerdo con {person}.
I don't agree with {person}. | No estoy de acuerdo con {person}.
{who} [agree@who] with {person}. | {who} [estar@who] de acuerdo con {person}.
{who} [think@who] that {fact}. | {who} [creer@who] que {fact}.
{person} knows that {fact}. | {person} sabe que {fact}.
I am sure that {fact}. | Estoy seguro de que {fact}.
I know that {fact}. | Sé que {fact}.
"""),
)

TOPICS = (MUSIC, CINEMA, MUSEUM, OPINIONS)
