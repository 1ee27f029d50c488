"""The office, professions, meetings and mail."""

from core.data.demo.lexicon import actions, adjectives, nouns, phrases
from core.data.demo.template import Topic, parse

OFFICE = Topic(
    name="work",
    words={
        "thing": nouns("""
office = la oficina
desk = el escritorio
report = el informe
contract = el contrato
document = el documento
calendar = el calendario
"""),
        "trait": adjectives("""
important = importante
new = nuevo
long = largo
old = viejo
"""),
        "act": actions("""
work in an office = trabajar en una oficina
work from home = trabajar desde casa
write a report = escribir un informe
talk with the boss = hablar con el jefe
finish the project = terminar el proyecto
sign the contract = firmar el contrato
look for a job = buscar trabajo
start work at nine = empezar a trabajar a las nueve
earn a lot of money = ganar mucho dinero
take a vacation = tomar vacaciones
"""),
    },
    templates=parse("""
The boss wants {thing:the} {soon}. | El jefe quiere {thing:the} {soon}.
{who} [finish:past@who] {thing:the} {ago}. | {who} [terminar:past@who] {thing:the} {ago}.
{who} [send:past@who] {thing:the} to {person}. | {who} [enviar:past@who] {thing:the} a {person}.
{thing:the} is on the table. | {thing:the} está en la mesa.
{who} [work@who] with {person}. | {who} [trabajar@who] con {person}.
{who} [work@who] {number} hours {often}. | {who} [trabajar@who] {number} horas {often}.
{who} [work:past@who] {number} hours {ago}. | {who} [trabajar:past@who] {number} horas {ago}.
{who} [have@who] a lot of work {soon}. | {who} [tener@who] mucho trabajo {soon}.
{who} [have@who] too much work. | {who} [tener@who] demasiado trabajo.
Where [do@third] {third} work? | ¿Dónde [trabajar@third] {third}?
{person} is in the office {now}. | {person} está en la oficina {now}.
{who} [like@who] {person}'s work. | {who:dat} gusta el trabajo de {person}.
"""),
)

PROFESSIONS = Topic(
    name="professions",
    words={
        "job": adjectives("""
doctor = médico
nurse = enfermero
teacher = profesor
engineer = ingeniero
lawyer = abogado
cook = cocinero
waiter = camarero
writer = escritor
painter = pintor
singer = cantante
dentist = dentista
journalist = periodista
firefighter = bombero
programmer = programador
"""),
        "workplace": phrases("""
in a hospital = en un hospital
in a school = en una escuela
in an office = en una oficina
in a restaurant = en un restaurante
in a bank = en un banco
in a factory = en una fábrica
"""),
        "act": actions("""
help the sick = ayudar a los enfermos
build houses = construir casas
write computer programs = escribir programas informáticos
cut hair = cortar el pelo
drive a taxi = conducir un taxi
teach mathematics = enseñar matemáticas
"""),
    },
    templates=parse("""
{one} [be@one] a {job} and {one2} [be@one2] a {job2}.
| {one} [ser@one] {job@one} y {one2} [ser@one2] {job2@one2}.
{person} is a {job} and works {workplace}. | {person} es {job@person} y trabaja {workplace}.
{who} [work@who] {workplace}. | {who} [trabajar@who] {workplace}.
[do@who] {who} work {workplace}? | ¿{who} [trabajar@who] {workplace}?
{who} [work:past@who] {workplace} for {number} years.
| {who} [trabajar:past@who] {workplace} durante {number} años.
{who} [want@who] to work {workplace}. | {who} [querer@who] trabajar {workplace}.
{person} has been a {job} for {number} years. | {person} es {job@person} desde hace {number} años.
I need to see a {job}. | Necesito ver a un {job}.
What does {person} do? | ¿A qué se dedica {person}?
We are looking for a {job}. | Buscamos un {job}.
{mine} is a {job}, not a {job2}. | {mine} es {job@mine}, no {job2@mine}.
"""),
)

MAIL = Topic(
    name="meetings and email",
    words={
        "thing": nouns("""
email = el correo
message = el mensaje
invoice = la factura
file = el archivo
list = la lista
answer = la respuesta
"""),
        "trait": adjectives("""
short = corto
long = largo
important = importante
urgent = urgente
"""),
        "act": actions("""
answer the emails = responder los correos
have a meeting = tener una reunión
send the documents = enviar los documentos
read the messages = leer los mensajes
prepare the presentation = preparar la presentación
cancel the meeting = cancelar la reunión
call the customers = llamar a los clientes
print the report = imprimir el informe
"""),
        "event": nouns("""
meeting = la reunión
interview = la entrevista
presentation = la presentación
"""),
    },
    templates=parse("""
{event:the} with {person} is {soon}. | {event:the} con {person} es {soon}.
{event:the} with {person} was {ago}. | {event:the} con {person} fue {ago}.
{event:the} with {person} is at {number}. | {event:the} con {person} es a las {number}.
{who} [have@who] {event:a} with {person} {soon}. | {who} [tener@who] {event:a} con {person} {soon}.
{who} [have:past@who] {event:a} with {person} {ago}.
| {who} [tener:past@who] {event:a} con {person} {ago}.
{who} [send:past@who] {thing:a} to {person} {ago}.
| {who} [enviar:past@who] {thing:a} a {person} {ago}.
{who} [receive:past@who] {thing:a} from {person}. | {who} [recibir:past@who] {thing:a} de {person}.
{who} will send {thing:the} to {person} {soon}.
| {who} [enviar:fut@who] {thing:the} a {person} {soon}.
Did {who} read {person}'s {thing}? | ¿{who} [leer:past@who] {thing:the} de {person}?
{person}'s {thing} is very {trait}. | {thing:the} de {person} es muy {trait@thing}.
Send me {thing:the} {soon}, please. | Envíame {thing:the} {soon}, por favor.
I haven't received {thing:the} yet. | Todavía no he recibido {thing:the}.
How was {event:the} with {person}? | ¿Cómo fue {event:the} con {person}?
{event:the} was very {trait}. | {event:the} fue muy {trait@event}.
"""),
)

TOPICS = (OFFICE, PROFESSIONS, MAIL)
