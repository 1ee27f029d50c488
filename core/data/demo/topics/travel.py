"""Travel, the airport, trains and buses, the hotel, cars."""

from core.data.demo.lexicon import actions, adjectives, nouns, phrases
from core.data.demo.template import Topic, parse

_CITIES = phrases("""
Madrid = Madrid
Barcelona = Barcelona
Rome = Roma
Paris = París
London = Londres
Berlin = Berlín
Mexico = México
Japan = Japón
""")

_HOURS = phrases("""
two = dos
three = tres
six = seis
seven = siete
eight = ocho
nine = nueve
ten = diez
eleven = once
""")

TRAVEL = Topic(
    name="travel",
    words={
        "city": _CITIES,
        "way": phrases("""
by train = en tren
by plane = en avión
by car = en coche
by bus = en autobús
by boat = en barco
on foot = a pie
"""),
        "act": actions("""
pack POSS suitcase = hacer POSS:f maleta
buy the tickets = comprar los billetes
travel by plane = viajar en avión
plan a trip = planear un viaje
visit other countries = visitar otros países
look at the map = mirar el mapa
"""),
    },
    templates=parse("""
{who} [travel@who] to {city} {way}. | {who} [viajar@who] a {city} {way}.
{who} [travel:past@who] to {city} {ago}. | {who} [viajar:past@who] a {city} {ago}.
{who} will travel to {city} {soon}. | {who} [viajar:fut@who] a {city} {soon}.
{who} [go:past@who] to {city} {way}. | {who} [ir:past@who] a {city} {way}.
{who} [want@who] to go to {city} {way}. | {who} [querer@who] ir a {city} {way}.
[be@who] {who} going to {city} {soon}? | ¿{who} [ir@who] a {city} {soon}?
Have you ever been to {city}? | ¿Has estado alguna vez en {city}?
{who} [have@who] never been to {city}. | {who} nunca [haber@who] estado en {city}.
How far is {city} from {city2}? | ¿A qué distancia está {city} de {city2}?
{city} is far from {city2}. | {city} está lejos de {city2}.
I like {city} more than {city2}. | Me gusta más {city} que {city2}.
From {city} to {city2} we go {way}. | De {city} a {city2} vamos {way}.
The trip to {city} lasts {number} hours. | El viaje a {city} dura {number} horas.
{who} [spend:past@who] {number} days in {city}. | {who} [pasar:past@who] {number} días en {city}.
{person} lives in {city}. | {person} vive en {city}.
How was the trip to {city}? | ¿Cómo fue el viaje a {city}?
"""),
)

AIRPORT = Topic(
    name="airport",
    words={
        "city": _CITIES,
        "clock": _HOURS,
        "thing": nouns("""
passport = el pasaporte
suitcase = la maleta
ticket = el billete
boarding pass = la tarjeta de embarque
seat = el asiento
"""),
        "act": actions("""
take a taxi to the airport = tomar un taxi al aeropuerto
show POSS passport = enseñar POSS:m pasaporte
board the plane = subir al avión
wait at the gate = esperar en la puerta
"""),
    },
    templates=parse("""
The flight to {city} leaves at {clock}. | El vuelo a {city} sale a las {clock}.
The plane from {city} arrives at {clock}. | El avión de {city} llega a las {clock}.
The flight to {city} is delayed. | El vuelo a {city} está retrasado.
The flight to {city} leaves {soon}. | El vuelo a {city} sale {soon}.
Is the flight from {city} delayed? | ¿Está retrasado el vuelo de {city}?
What time does the flight to {city} leave? | ¿A qué hora sale el vuelo a {city}?
What time does the plane from {city} arrive? | ¿A qué hora llega el avión de {city}?
{who} [have@who] a flight to {city} {soon}. | {who} [tener@who] un vuelo a {city} {soon}.
{who} [miss:past@who] the flight to {city}. | {who} [perder:past@who] el vuelo a {city}.
The flight to {city} lasts {number} hours. | El vuelo a {city} dura {number} horas.
May I see {thing:poss@you}, please? | ¿Puedo ver {thing:poss@you}, por favor?
{thing:poss@who} is in the bag. | {thing:poss@who} está en la bolsa.
{who} [leave:past@who] {thing:poss@who} at the airport.
| {who} [dejar:past@who] {thing:poss@who} en el aeropuerto.
The gate for {city} is number {number}. | La puerta para {city} es la número {number}.
"""),
)

TRANSPORT = Topic(
    name="trains and buses",
    words={
        "city": _CITIES,
        "vehicle": nouns("""
train = el tren
bus = el autobús
plane = el avión
boat = el barco
"""),
        "urban": nouns("""
subway = el metro
tram = el tranvía
taxi = el taxi
bus = el autobús
train = el tren
"""),
        "clock": _HOURS,
        "act": actions("""
take the train = tomar el tren
wait for the bus = esperar el autobús
go to work by subway = ir al trabajo en metro
"""),
    },
    templates=parse("""
{vehicle:the} to {city} leaves at {clock}. | {vehicle:the} a {city} sale a las {clock}.
{vehicle:the} from {city} arrives at {clock}. | {vehicle:the} de {city} llega a las {clock}.
{urban:the} leaves in {number} minutes. | {urban:the} sale en {number} minutos.
{urban:the} arrives in {number} minutes. | {urban:the} llega en {number} minutos.
{vehicle:the} is late. | {vehicle:the} llega tarde.
{vehicle:the} is full {often}. | {vehicle:the} está lleno {often}.
{who} [take@who] {urban:the} {often}. | {who} [tomar@who] {urban:the} {often}.
{who} [take:past@who] {urban:the} {ago}. | {who} [tomar:past@who] {urban:the} {ago}.
{who} [wait:past@who] for {urban:the} for {number} minutes.
| {who} [esperar:past@who] {urban:the} durante {number} minutos.
{vehicle:the} is faster than {vehicle2:the}. | {vehicle:the} es más rápido que {vehicle2:the}.
{vehicle:the} is cheaper than {vehicle2:the}. | {vehicle:the} es más barato que {vehicle2:the}.
A ticket to {city}, please. | Un billete a {city}, por favor.
{number} tickets to {city}, please. | {number} billetes a {city}, por favor.
Where does {vehicle:the} to {city} leave from? | ¿De dónde sale {vehicle:the} a {city}?
When does {vehicle:the} to {city} leave? | ¿Cuándo sale {vehicle:the} a {city}?
When does {vehicle:the} from {city} arrive? | ¿Cuándo llega {vehicle:the} de {city}?
Does {vehicle:this} go to {city}? | ¿{vehicle:this} va a {city}?
"""),
)

HOTEL = Topic(
    name="hotel",
    words={
        "room": nouns("""
room = la habitación
suite = la suite
single room = la habitación individual/habitaciones individuales
double room = la habitación doble/habitaciones dobles
"""),
        "feature": phrases("""
a bathroom = baño
a view of the sea = vistas al mar
a balcony = balcón
a television = televisión
air conditioning = aire acondicionado
breakfast = desayuno
"""),
        "length": phrases("""
one night = una noche
two nights = dos noches
three nights = tres noches
four nights = cuatro noches
five nights = cinco noches
a week = una semana
two weeks = dos semanas
"""),
        "act": actions("""
book a room = reservar una habitación
stay in a hotel = alojarse en un hotel
ask for the key = pedir la llave
have breakfast in the hotel = desayunar en el hotel
cancel the reservation = cancelar la reserva
leave the key at the reception = dejar la llave en la recepción
"""),
    },
    templates=parse("""
I would like {room:a}, please. | Quisiera {room:a}, por favor.
I would like {room:a} for {length}. | Quisiera {room:a} para {length}.
I would like {room:a} with {feature}. | Quisiera {room:a} con {feature}.
{who} [have@who] {room:a} with {feature}. | {who} [tener@who] {room:a} con {feature}.
{who} [book:past@who] {room:a} for {length}. | {who} [reservar:past@who] {room:a} para {length}.
{who} [book:past@who] {room:a} with {feature}. | {who} [reservar:past@who] {room:a} con {feature}.
Do you have {room:a} for {length}? | ¿Tienes {room:a} para {length}?
Does {room:the} have {feature}? | ¿{room:the} tiene {feature}?
{room:the} doesn't have {feature}. | {room:the} no tiene {feature}.
How much does {room:the} cost for {length}? | ¿Cuánto cuesta {room:the} por {length}?
Is there {room:a} free {soon}? | ¿Hay {room:a} libre {soon}?
The hotel has {number} {room:pl}. | El hotel tiene {number} {room:pl}.
{room:the} is ready. | {room:the} está <listo@room>.
{who} will stay in the hotel for {length}. | {who} [quedarse:fut@who] en el hotel {length}.
We need {room:a} with {feature} for {length}. | Necesitamos {room:a} con {feature} para {length}.
"""),
)

CARS = Topic(
    name="cars",
    words={
        "thing": nouns("""
car = el coche
bicycle = la bicicleta
motorcycle = la motocicleta
truck = el camión
wheel = la rueda
engine = el motor
"""),
        "trait": adjectives("""
fast = rápido
slow = lento
new = nuevo
old = viejo
expensive = caro
cheap = barato
"""),
        "state": adjectives("""
broken = roto
clean = limpio
dirty = sucio
"""),
        "pace": phrases("""
fast = rápido
slowly = despacio
"""),
        "act": actions("""
drive to work = conducir al trabajo
wash the car = lavar el coche
repair the engine = reparar el motor
park the car = aparcar el coche
ride a bicycle = montar en bicicleta
rent a car = alquilar un coche
buy gasoline = comprar gasolina
change the wheel = cambiar la rueda
"""),
    },
    templates=parse("""
{thing:the} doesn't work. | {thing:the} no funciona.
{thing:poss@who} doesn't work. | {thing:poss@who} no funciona.
{person} drives very {pace}. | {person} conduce muy {pace}.
{who} [drive@who] too {pace}. | {who} [conducir@who] demasiado {pace}.
Don't drive so {pace}. | No conduzcas tan {pace}.
{who} [sell:past@who] {thing:poss@who} {ago}. | {who} [vender:past@who] {thing:poss@who} {ago}.
{thing:the} is in the garage. | {thing:the} está en el garaje.
{person}'s {thing} is very {trait}. | {thing:the} de {person} es muy {trait@thing}.
{thing:the} is faster than {thing2:the}. | {thing:the} es más <rápido@thing> que {thing2:the}.
Can you repair {thing:the}? | ¿Puedes reparar {thing:the}?
The mechanic repaired {thing:the} {ago}. | El mecánico reparó {thing:the} {ago}.
There was an accident in the street {ago}. | Hubo un accidente en la calle {ago}.
"""),
)

TOPICS = (TRAVEL, AIRPORT, TRANSPORT, HOTEL, CARS)
