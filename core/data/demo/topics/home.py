"""The house: rooms, furniture, kitchen, housework, garden."""

from core.data.demo.lexicon import actions, adjectives, nouns, phrases
from core.data.demo.template import Topic, parse

_ROOMS = nouns("""
kitchen = la cocina
bedroom = el dormitorio
bathroom = el baño
living room = la sala
garage = el garaje
dining room = el comedor
""")

ROOMS = Topic(
    name="house",
    words={
        "room": _ROOMS,
        "thing": nouns("""
house = la casa
apartment = el apartamento
room = la habitación
balcony = el balcón
terrace = la terraza
"""),
        "trait": adjectives("""
big = grande
small = pequeño
modern = moderno
comfortable = cómodo
beautiful = bonito
noisy = ruidoso
"""),
        "state": adjectives("""
clean = limpio
dirty = sucio
empty = vacío
"""),
        "act": actions("""
rent a house = alquilar una casa
paint the walls = pintar las paredes
clean the room = limpiar la habitación
open the windows = abrir las ventanas
close the door = cerrar la puerta
lock the door = cerrar la puerta con llave
"""),
    },
    templates=parse("""
{who} [be@who] in {room:the}. | {who} [estar@who] en {room:the}.
[be@who] {who} in {room:the}? | ¿{who} [estar@who] en {room:the}?
{who} [be@who] not in {room:the}. | {who} no [estar@who] en {room:the}.
{room:the} is {trait}. | {room:the} es {trait@room}.
{room:the} is very {state}. | {room:the} está muy {state@room}.
Our {room} is {trait} and {trait2}. | {room:poss@us} es {trait@room} y {trait2@room}.
The house has {number} {room:pl}. | La casa tiene {number} {room:pl}.
The apartment has {number} {room:pl}. | El apartamento tiene {number} {room:pl}.
{room:the} is next to {room2:the}. | {room:the} está al lado de {room2:the}.
Where is {room:the}? | ¿Dónde está {room:the}?
The lights of {room:the} are on. | Las luces de {room:the} están encendidas.
Turn off the light of {room:the}, please. | Apaga la luz de {room:the}, por favor.
{who} [clean:past@who] {room:the} {ago}. | {who} [limpiar:past@who] {room:the} {ago}.
"""),
)

FURNITURE = Topic(
    name="furniture",
    words={
        "thing": nouns("""
table = la mesa
chair = la silla
bed = la cama
sofa = el sofá
lamp = la lámpara
mirror = el espejo
wardrobe = el armario
shelf/shelves = el estante
carpet = la alfombra
clock = el reloj
desk = el escritorio
"""),
        "room": _ROOMS,
        "trait": adjectives("""
new = nuevo
old = viejo
big = grande
small = pequeño
heavy = pesado
expensive = caro
cheap = barato
comfortable = cómodo
"""),
        "state": adjectives("""
broken = roto
dirty = sucio
clean = limpio
"""),
        "material": phrases("""
wood = madera
glass = cristal
metal = metal
plastic = plástico
"""),
    },
    templates=parse("""
{thing:the} is in {room:the}. | {thing:the} está en {room:the}.
There is {thing:a} in {room:the}. | Hay {thing:a} en {room:the}.
Is there {thing:a} in {room:the}? | ¿Hay {thing:a} en {room:the}?
There are {number} {thing:pl} in {room:the}. | Hay {number} {thing:pl} en {room:the}.
Put {thing:the} in {room:the}, please. | Pon {thing:the} en {room:the}, por favor.
{thing:the} is next to {thing2:the}. | {thing:the} está al lado de {thing2:the}.
{thing:the} is behind {thing2:the}. | {thing:the} está detrás de {thing2:the}.
{thing:the} is made of {material}. | {thing:the} es de {material}.
{thing:the} is in front of {thing2:the}. | {thing:the} está delante de {thing2:the}.
We bought {thing:a} for {room:the}. | Compramos {thing:a} para {room:the}.
"""),
)

KITCHEN = Topic(
    name="kitchen",
    words={
        "thing": nouns("""
knife/knives = el cuchillo
fork = el tenedor
spoon = la cuchara
plate = el plato
glass = el vaso
cup = la taza
bottle = la botella
pan = la sartén/sartenes
napkin = la servilleta
"""),
        "state": adjectives("""
clean = limpio
dirty = sucio
broken = roto
full = lleno
empty = vacío
"""),
        "act": actions("""
cook dinner = preparar la cena
bake a cake = hacer un pastel
cut the bread = cortar el pan
wash the dishes = lavar los platos
set the table = poner la mesa
boil the eggs = hervir los huevos
heat the milk = calentar la leche
peel the potatoes = pelar las patatas
"""),
    },
    templates=parse("""
Can you pass me {thing:the}, please? | ¿Puedes pasarme {thing:the}, por favor?
{thing:the} is on the table. | {thing:the} está en la mesa.
There is {thing:a} on the table. | Hay {thing:a} en la mesa.
{thing:the} is next to {thing2:the}. | {thing:the} está al lado de {thing2:the}.
We need {number} {thing:pl} and {number2} {thing2:pl}.
| Necesitamos {number} {thing:pl} y {number2} {thing2:pl}.
{who} [break:past@who] {thing:a} {ago}. | {who} [romper:past@who] {thing:a} {ago}.
Wash {thing:the}, please. | Lava {thing:the}, por favor.
Put {thing:the} on the table, please. | Pon {thing:the} en la mesa, por favor.
"""),
)

HOUSEWORK = Topic(
    name="housework",
    words={
        "act": actions("""
sweep the floor = barrer el suelo
clean the windows = limpiar las ventanas
wash the clothes = lavar la ropa
iron the shirts = planchar las camisas
make the bed = hacer la cama
take out the trash = sacar la basura
tidy the room = ordenar la habitación
water the plants = regar las plantas
repair the washing machine = reparar la lavadora
clean the bathroom = limpiar el baño
"""),
        "turn": actions("""
sweep the floor = barrer el suelo
clean the kitchen = limpiar la cocina
make the bed = hacer la cama
take out the trash = sacar la basura
open the door = abrir la puerta
close the window = cerrar la ventana
turn on the light = encender la luz
turn off the television = apagar la televisión
wash the dishes = lavar los platos
"""),
    },
    templates=parse("""
{turn:inf@you}, please. | {turn:imp}, por favor.
{name}, {turn:inf@you}, please. | {name}, {turn:imp}, por favor.
Don't {turn:inf@you}, please. | No {turn:sub}, por favor.
Don't {turn:inf@you} {now}. | No {turn:sub} {now}.
{name}, don't {turn:inf@you}. | {name}, no {turn:sub}.
Can you {turn:inf@you}, please? | ¿Puedes {turn:inf@you}, por favor?
I will {turn:inf@me} if you {turn2@you}. | {turn:fut@me} si tú {turn2@you}.
Whose turn is it to {turn:inf@you}? | ¿A quién le toca {turn:inf@you}?
It is {person}'s turn to {turn:inf@person}. | Le toca a {person} {turn:inf@person}.
"""),
)

GARDEN = Topic(
    name="garden",
    words={
        "thing": nouns("""
flower = la flor
tree = el árbol
plant = la planta
rose = la rosa
"""),
        "trait": adjectives("""
beautiful = bonito
big = grande
small = pequeño
tall = alto
red = rojo
white = blanco
"""),
        "act": actions("""
plant a tree = plantar un árbol
water the flowers = regar las flores
cut the grass = cortar el césped
work in the garden = trabajar en el jardín
grow tomatoes = cultivar tomates
have lunch in the garden = comer en el jardín
"""),
    },
    templates=parse("""
There is {thing:a} in the garden. | Hay {thing:a} en el jardín.
There are {number} {thing:pl} in the garden. | Hay {number} {thing:pl} en el jardín.
There are many {thing:pl} in our garden. | Hay {thing:manypl} en nuestro jardín.
{person}'s {thing} is {trait}. | {thing:the} de {person} es {trait@thing}.
{who} [plant:past@who] {thing:a} {ago}. | {who} [plantar:past@who] {thing:a} {ago}.
The garden has {thing:pl} and {thing2:pl}. | El jardín tiene {thing:pl} y {thing2:pl}.
{who} [be@who] in the garden {now}. | {who} [estar@who] en el jardín {now}.
"""),
)

TOPICS = (ROOMS, FURNITURE, KITCHEN, HOUSEWORK, GARDEN)
