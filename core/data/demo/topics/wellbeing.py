"""Health, the body, the pharmacy, emergencies."""

from core.data.demo.lexicon import actions, adjectives, nouns, phrases
from core.data.demo.template import Topic, parse

HEALTH = Topic(
    name="health",
    words={
        "mood": adjectives("""
sick = enfermo
healthy = sano
tired = cansado
weak = débil
"""),
        "illness": phrases("""
a cold = un resfriado
a fever = fiebre
a cough = tos
the flu = gripe
an allergy = alergia
a headache = dolor de cabeza
a stomachache = dolor de estómago
"""),
        "health": phrases("""
better = mejor
worse = peor
well = bien
very well = muy bien
bad = mal
"""),
        "act": actions("""
go to the doctor = ir al médico
take the medicine = tomar la medicina
rest in bed = descansar en la cama
eat healthy food = comer comida sana
call the doctor = llamar al médico
smoke too much = fumar demasiado
lose weight = perder peso
do exercise = hacer ejercicio
"""),
    },
    templates=parse("""
{who} [have@who] {illness}. | {who} [tener@who] {illness}.
[do@who] {who} have {illness}? | ¿{who} [tener@who] {illness}?
{who} [have:past@who] {illness} {ago}. | {who} [tener:past@who] {illness} {ago}.
{who} [don't@who] have {illness}. | {who} no [tener@who] {illness}.
{who} [have@who] {illness} and {illness2}. | {who} [tener@who] {illness} y {illness2}.
{who} [be@who] at the hospital {now}. | {who} [estar@who] en el hospital {now}.
{who} [feel@who] {health}. | {who} [sentirse@who] {health}.
{who} [feel@who] {health} {now}. | {who} [sentirse@who] {health} {now}.
How [do@third] {third} feel {now}? | ¿Cómo [sentirse@third] {third} {now}?
How do you feel? | ¿Cómo te sientes?
The doctor says that {third} [have@third] {illness}.
| El médico dice que {third} [tener@third] {illness}.
I can't come because I have {illness}. | No puedo venir porque tengo {illness}.
Take this medicine {number} times a day. | Toma esta medicina {number} veces al día.
"""),
)

BODY = Topic(
    name="body",
    words={
        "part": nouns("""
head = la cabeza
back = la espalda
arm = el brazo
leg = la pierna
foot/feet = el pie
hand = la mano
knee = la rodilla
stomach = el estómago
neck = el cuello
finger = el dedo
shoulder = el hombro
throat = la garganta
"""),
        "feature": nouns("""
eyes = los ojos
hands = las manos
legs = las piernas
"""),
        "shade": adjectives("""
long = largo
short = corto
black = negro
gray = gris
beautiful = bonito
"""),
        "look": adjectives("""
small = pequeño
big = grande
beautiful = bonito
"""),
    },
    templates=parse("""
My {part} hurts. | Me duele {part:the}.
My {part} hurts a lot. | Me duele mucho {part:the}.
My {part} hurts {often}. | Me duele {part:the} {often}.
My {part} hurt {ago}. | Me dolió {part:the} {ago}.
Does your {part} hurt? | ¿Te duele {part:the}?
Does your {part} hurt {now}? | ¿Te duele {part:the} {now}?
{person}'s {part} hurts. | A {person} le duele {part:the}.
{person}'s {part} hurts a lot. | A {person} le duele mucho {part:the}.
{person}'s {part} doesn't hurt. | A {person} no le duele {part:the}.
My {part} and my {part2} hurt. | Me duelen {part:the} y {part2:the}.
{who} [break:past@who] {part:poss@who} {ago}. | {who} [romperse:past@who] {part:the} {ago}.
{who} [hurt:past@who] {part:poss@who} {ago}. | {who} [lastimarse:past@who] {part:the} {ago}.
{who} [have@who] {shade} hair. | {who} [tener@who] el pelo {shade}.
[do@who] {who} have {shade} hair? | ¿{who} [tener@who] el pelo {shade}?
{person}'s hair is {shade}. | El pelo de {person} es {shade}.
{who} [have@who] {look} {feature}. | {who} [tener@who] {feature:the} {look@feature}.
[do@who] {who} have {look} {feature}? | ¿{who} [tener@who] {feature:the} {look@feature}?
{person}'s {feature} [be@feature] {look}. | {feature:the} de {person} [ser@feature] {look@feature}.
Raise {part:poss@you}, please. | Levanta {part:the}, por favor.
Don't move {part:poss@you}. | No muevas {part:the}.
Touch {part:poss@you}, please. | Tócate {part:the}, por favor.
{who} can't move {part:poss@who}. | {who} no [poder@who] mover {part:the}.
"""),
)

PHARMACY = Topic(
    name="pharmacy",
    words={
        "remedy": nouns("""
medicine = la medicina
syrup = el jarabe
pill = la pastilla
cream = la crema
bandage = la venda
thermometer = el termómetro
"""),
        "trouble": phrases("""
the cough = la tos
the cold = el resfriado
the fever = la fiebre
the pain = el dolor
a burn = una quemadura
the allergy = la alergia
"""),
        "act": actions("""
buy medicine = comprar medicinas
go to the pharmacy = ir a la farmacia
take the pills = tomar las pastillas
show the prescription = enseñar la receta
ask the pharmacist = preguntar al farmacéutico
"""),
    },
    templates=parse("""
I need {remedy:a} for {trouble}. | Necesito {remedy:a} para {trouble}.
{who} [need@who] {remedy:a} for {trouble}. | {who} [necesitar@who] {remedy:a} para {trouble}.
Do you have {remedy:a} for {trouble}? | ¿Tienes {remedy:a} para {trouble}?
Do you have something for {trouble}? | ¿Tienes algo para {trouble}?
{remedy:this} is for {trouble}. | {remedy:this} es para {trouble}.
{remedy:the} costs {number} euros. | {remedy:the} cuesta {number} euros.
{who} [buy:past@who] {remedy:a} {ago}. | {who} [comprar:past@who] {remedy:a} {ago}.
{who} [buy:past@who] {remedy:a} for {person}. | {who} [comprar:past@who] {remedy:a} para {person}.
Use {remedy:the} {number} times a day. | Usa {remedy:the} {number} veces al día.
{remedy:the} is good for {trouble}. | {remedy:the} es <bueno@remedy> para {trouble}.
{person} needs {remedy:the} {now}. | {person} necesita {remedy:the} {now}.
Where is {remedy:the}? | ¿Dónde está {remedy:the}?
"""),
)

EMERGENCIES = Topic(
    name="emergencies",
    words={
        "service": nouns("""
police = la policía
ambulance = la ambulancia
doctor = el médico
"""),
        "loss": nouns("""
wallet = la cartera
passport = el pasaporte
bag = el bolso
phone = el teléfono
car = el coche
suitcase = la maleta
key = la llave
camera = la cámara
"""),
        "scene": phrases("""
in the street = en la calle
at the station = en la estación
in the kitchen = en la cocina
at the hotel = en el hotel
on the beach = en la playa
at school = en la escuela
near the bridge = cerca del puente
"""),
        "event": nouns("""
fire = el incendio
accident = el accidente
robbery = el robo
"""),
    },
    templates=parse("""
Help, call {service:the}! | ¡Ayuda, llama a {service:the}!
There is {event:a} {scene}. | Hay {event:a} {scene}.
There was {event:a} {scene}. | Hubo {event:a} {scene}.
There was {event:a} {scene} {ago}. | Hubo {event:a} {scene} {ago}.
{who} [see:past@who] {event:a} {scene}. | {who} [ver:past@who] {event:a} {scene}.
{who} [lose:past@who] {loss:poss@who} {scene}. | {who} [perder:past@who] {loss:poss@who} {scene}.
{who} [leave:past@who] {loss:poss@who} {scene}. | {who} [dejar:past@who] {loss:poss@who} {scene}.
Somebody stole {loss:poss@me} {scene}. | Alguien robó {loss:poss@me} {scene}.
Somebody stole {person}'s {loss}. | Alguien robó {loss:the} de {person}.
{who} [find:past@who] {loss:a} {scene}. | {who} [encontrar:past@who] {loss:a} {scene}.
The police found {person}'s {loss}. | La policía encontró {loss:the} de {person}.
{who} [fall:past@who] {scene}. | {who} [caerse:past@who] {scene}.
{person} had an accident {scene}. | {person} tuvo un accidente {scene}.
{person} needs help {scene}. | {person} necesita ayuda {scene}.
We have to call {service:the} {now}. | Tenemos que llamar a {service:the} {now}.
Call {service:the}, please. | Llama a {service:the}, por favor.
{service:the} is coming {now}. | {service:the} viene {now}.
Have you called {service:the}? | ¿Has llamado a {service:the}?
Have you seen {loss:poss@me}? | ¿Has visto {loss:poss@me}?
Wait for {service:the} {scene}. | Espera a {service:the} {scene}.
"""),
)

TOPICS = (HEALTH, BODY, PHARMACY, EMERGENCIES)
