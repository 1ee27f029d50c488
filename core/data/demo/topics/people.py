"""Family, friends, character, feelings, daily routine."""

from core.data.demo.lexicon import actions, adjectives, nouns, phrases
from core.data.demo.template import Topic, parse

FAMILY = Topic(
    name="family",
    words={
        "act": actions("""
visit POSS grandparents = visitar a POSS:mp abuelos
call POSS mother = llamar a POSS:f madre
help POSS father = ayudar a POSS:m padre
play with the children = jugar con los niños
have dinner with POSS family = cenar con POSS:f familia
take care of the baby = cuidar al bebé
eat with POSS parents = comer con POSS:mp padres
write to POSS aunt = escribir a POSS:f tía
"""),
        "kin": nouns("""
brother = el hermano
sister = la hermana
child/children = el hijo
daughter = la hija
cousin = el primo
uncle = el tío
aunt = la tía
"""),
        "size": adjectives("""
tall = alto
short = bajo
young = joven/joven
"""),
        "bond": adjectives("""
married = casado
single = soltero
divorced = divorciado
"""),
    },
    templates=parse("""
{who} [have@who] {number} {kin:pl}. | {who} [tener@who] {number} {kin:pl}.
[do@who] {who} have {kin:pl}? | ¿{who} [tener@who] {kin:pl}?
{who} [have@who] many {kin:pl}. | {who} [tener@who] {kin:manypl}.
How many {kin:pl} [do@third] {third} have? | ¿{kin:howmanypl} [tener@third] {third}?
How many {kin:pl} do you have? | ¿{kin:howmanypl} tienes?
{who} [be@who] {size}. | {who} [ser@who] {size@who}.
{who} [be@who] very {size}. | {who} [ser@who] muy {size@who}.
{who} [be@who] {bond}. | {who} [estar@who] {bond@who}.
[be@who] {who} {bond}? | ¿{who} [estar@who] {bond@who}?
{mine} is older than {yours}. | {mine} es mayor que {yours}.
{mine} is younger than {yours}. | {mine} es menor que {yours}.
{person} is older than {person2}. | {person} es mayor que {person2}.
{person} looks like {person2}. | {person} se parece a {person2}.
{who} [love@who] {person}. | {who} [querer@who] mucho a {person}.
{who} [live@who] with {person}. | {who} [vivir@who] con {person}.
{who} [help@who] {person} {often}. | {who} [ayudar@who] a {person} {often}.
{who} [visit:past@who] {person} {ago}. | {who} [visitar:past@who] a {person} {ago}.
{mine} and {yours} are friends. | {mine} y {yours} son amigos.
Is {yours} at home? | ¿Está {yours} en casa?
{third} [be@third] not at home {now}. | {third} no [estar@third] en casa {now}.
"""),
)

FRIENDS = Topic(
    name="friends",
    words={
        "act": actions("""
go out with POSS friends = salir con POSS:mp amigos
meet new people = conocer gente nueva
talk on the phone = hablar por teléfono
invite POSS friends = invitar a POSS:mp amigos
tell a secret = contar un secreto
chat with the neighbors = charlar con los vecinos
walk in the park = caminar por el parque
laugh a lot = reír mucho
"""),
    },
    templates=parse("""
{person} is my best friend. | {person} es mi mejor amigo.
{who} [know@who] {person} well. | {who} [conocer@who] bien a {person}.
{who} [trust@who] {person}. | {who} [confiar@who] en {person}.
{who} [talk:past@who] with {person} {ago}. | {who} [hablar:past@who] con {person} {ago}.
{who} [be@who] waiting for {person}. | {who} [estar@who] esperando a {person}.
{who} [want@who] to see {person} {soon}. | {who} [querer@who] ver a {person} {soon}.
{who} [see:past@who] {person} {ago}. | {who} [ver:past@who] a {person} {ago}.
Have you seen {person}? | ¿Has visto a {person}?
Did you see {person} {ago}? | ¿Viste a {person} {ago}?
Do you want to come with {who:obj}? | ¿Quieres venir {who:with}?
Come with {who:obj}, please. | Ven {who:with}, por favor.
{person} wants to talk with {who:obj}. | {person} quiere hablar {who:with}.
Who is that man? | ¿Quién es ese hombre?
Who is that woman? | ¿Quién es esa mujer?
I am going to invite {person} {soon}. | Voy a invitar a {person} {soon}.
{person} is coming with {who:obj} {soon}. | {person} viene {who:with} {soon}.
"""),
)

CHARACTER = Topic(
    name="character",
    words={
        "nature": adjectives("""
kind = amable
intelligent = inteligente
funny = divertido
shy = tímido
generous = generoso
honest = honesto
patient = paciente
friendly = simpático
lazy = perezoso
brave = valiente
polite = educado
serious = serio
hardworking = trabajador
quiet = callado
"""),
        "virtue": adjectives("""
intelligent = inteligente
generous = generoso
honest = honesto
patient = paciente
serious = serio
hardworking = trabajador
"""),
    },
    templates=parse("""
{person} is more {virtue} than {person2}. | {person} es más {virtue@person} que {person2}.
{who} [be@who] not very {nature}. | {who} no [ser@who] muy {nature@who}.
{who} [be@who] too {nature}. | {who} [ser@who] demasiado {nature@who}.
{person} seems {nature}. | {person} parece {nature@person}.
I think that {third} [be@third] {nature}. | Creo que {third} [ser@third] {nature@third}.
Everybody says that {third} [be@third] {nature}.
| Todos dicen que {third} [ser@third] {nature@third}.
You have to be more {virtue}. | Tienes que ser más {virtue@you}.
{person} is {nature} but {nature2}. | {person} es {nature@person} pero {nature2@person}.
What is {third} like? | ¿Cómo es {third}?
"""),
)

FEELINGS = Topic(
    name="feelings",
    words={
        "mood": adjectives("""
tired = cansado
happy = contento
sad = triste
angry = enfadado
nervous = nervioso
bored = aburrido
worried = preocupado
busy = ocupado
surprised = sorprendido
excited = emocionado
calm = tranquilo
proud = orgulloso
alone = solo
ready = listo
"""),
        "need": nouns("""
hungry = el hambre f
thirsty = la sed
sleepy = el sueño
afraid = el miedo
cold = el frío
hot = el calor
in a hurry = la prisa
lucky = la suerte
"""),
    },
    templates=parse("""
{who} [be@who] {need}. | {who} [tener@who] {need}.
[be@who] {who} {need}? | ¿{who} [tener@who] {need}?
{who} [be@who] very {need}. | {who} [tener@who] {need:many}.
{who} [be@who] not {need}. | {who} no [tener@who] {need}.
{who} [be@who] always {mood}. | {who} siempre [estar@who] {mood@who}.
{who} [be:past@who] {mood} {ago}. | {who} [estar:past@who] {mood@who} {ago}.
{person} seems {mood}. | {person} parece {mood@person}.
{who} [be@who] a little {mood}. | {who} [estar@who] un poco {mood@who}.
{who} [be@who] {mood} because {person} is {mood2}.
| {who} [estar@who] {mood@who} porque {person} está {mood2@person}.
Don't be {mood}, {name}. | No estés {mood@name}, {name}.
{who} [be@who] {mood} but not {mood2}. | {who} [estar@who] {mood@who} pero no {mood2@who}.
I know that {third} [be@third] {mood}. | Sé que {third} [estar@third] {mood@third}.
"""),
)

ROUTINE = Topic(
    name="daily routine",
    words={
        "act": actions("""
get up early = levantarse temprano
wake up late = despertarse tarde
take a shower = ducharse
brush POSS teeth = cepillarse los dientes
wash POSS hands = lavarse las manos
get dressed quickly = vestirse rápido
go to bed early = acostarse temprano
have breakfast at home = desayunar en casa
have lunch at two = comer a las dos
have dinner late = cenar tarde
sleep eight hours = dormir ocho horas
leave home early = salir de casa temprano
come back home = volver a casa
take a nap = dormir la siesta
read the newspaper = leer el periódico
listen to the news = escuchar las noticias
"""),
        "habit": actions("""
get up = levantarse
go to bed = acostarse
have breakfast = desayunar
have lunch = comer
have dinner = cenar
leave home = salir de casa
come back home = volver a casa
start work = empezar a trabajar
"""),
        "clock": phrases("""
six = seis
seven = siete
eight = ocho
nine = nueve
ten = diez
eleven = once
"""),
    },
    templates=parse("""
{who} {habit@who} at {clock}. | {who} {habit@who} a las {clock}.
{who} {ever} {habit@who} at {clock}. | {who} {ever} {habit@who} a las {clock}.
{who} {habit:past@who} at {clock}. | {who} {habit:past@who} a las {clock}.
{who} [want@who] to {habit:inf@who} at {clock}. | {who} [querer@who] {habit:inf@who} a las {clock}.
{who} [have@who] to {habit:inf@who} at {clock}.
| {who} [tener@who] que {habit:inf@who} a las {clock}.
What time do you {habit:inf@you}? | ¿A qué hora {habit@you}?
What time [do@third] {third} {habit:inf@third}? | ¿A qué hora {habit@third} {third}?
What time did {third} {habit:inf@third} {ago}? | ¿A qué hora {habit:past@third} {third} {ago}?
{who} [be@who] still sleeping. | {who} todavía [estar@who] durmiendo.
"""),
)

TOPICS = (FAMILY, FRIENDS, CHARACTER, FEELINGS, ROUTINE)
