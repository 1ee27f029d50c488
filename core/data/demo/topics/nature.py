"""Animals, pets, the farm, the countryside, the beach."""

from core.data.demo.lexicon import actions, adjectives, nouns, phrases
from core.data.demo.template import Topic, parse

ANIMALS = Topic(
    name="animals",
    words={
        "animal": nouns("""
lion = el león
elephant = el elefante
monkey = el mono
tiger = el tigre
bear = el oso
wolf/wolves = el lobo
snake = la serpiente
giraffe = la jirafa
bird = el pájaro
turtle = la tortuga
fox = el zorro
"""),
        "look": adjectives("""
big = grande
small = pequeño
fast = rápido
slow = lento
strong = fuerte
dangerous = peligroso
beautiful = bonito
"""),
        "habitat": phrases("""
in the forest = en el bosque
in the jungle = en la selva
at the zoo = en el zoo
in Africa = en África
near the river = cerca del río
in the mountains = en las montañas
"""),
    },
    templates=parse("""
{animal:the} is {look}. | {animal:the} es {look@animal}.
{animal:thepl} are {look}. | {animal:thepl} son {look:pl@animal}.
{animal:thepl} are very {look}. | {animal:thepl} son muy {look:pl@animal}.
{animal:the} is {look} and {look2}. | {animal:the} es {look@animal} y {look2@animal}.
{animal:this} is very {look}. | {animal:this} es muy {look@animal}.
{animal:the} is bigger than {animal2:the}. | {animal:the} es más grande que {animal2:the}.
{animal:the} is faster than {animal2:the}. | {animal:the} es más <rápido@animal> que {animal2:the}.
{animal:the} lives {habitat}. | {animal:the} vive {habitat}.
{animal:thepl} live {habitat}. | {animal:thepl} viven {habitat}.
Do {animal:pl} live {habitat}? | ¿{animal:thepl} viven {habitat}?
There are {animal:pl} {habitat}. | Hay {animal:pl} {habitat}.
There are {number} {animal:pl} {habitat}. | Hay {number} {animal:pl} {habitat}.
{who} [see:past@who] {animal:a} {habitat}. | {who} [ver:past@who] {animal:a} {habitat}.
{who} [see:past@who] {number} {animal:pl} {ago}. | {who} [ver:past@who] {number} {animal:pl} {ago}.
{who} [be@who] afraid of {animal:pl}. | {who} [tener@who] miedo de {animal:thepl}.
{who} [like@who] {animal:pl}. | {who:dat} gustan {animal:thepl}.
{who} [prefer@who] {animal:pl} to {animal2:pl}.
| {who} [preferir@who] {animal:thepl} a {animal2:thepl}.
Have you ever seen {animal:a}? | ¿Has visto alguna vez {animal:a}?
What a {look} {animal}! | ¡Qué {animal} tan {look@animal}!
{animal:the} is sleeping {habitat}. | {animal:the} está durmiendo {habitat}.
"""),
)

PETS = Topic(
    name="pets",
    words={
        "pet": nouns("""
dog = el perro
cat = el gato
rabbit = el conejo
parrot = el loro
hamster = el hámster/hámsteres
puppy = el cachorro
"""),
        "look": adjectives("""
small = pequeño
big = grande
black = negro
white = blanco
old = viejo
intelligent = inteligente
playful = juguetón/juguetona
"""),
        "need": adjectives("""
sick = enfermo
tired = cansado
"""),
        "spot": phrases("""
on the sofa = en el sofá
under the table = debajo de la mesa
in the garden = en el jardín
in my bed = en mi cama
in the kitchen = en la cocina
behind the door = detrás de la puerta
"""),
        "act": actions("""
walk the dog = pasear al perro
feed the cat = dar de comer al gato
play with the dog = jugar con el perro
wash the dog = bañar al perro
take the cat to the vet = llevar el gato al veterinario
look for the dog = buscar al perro
"""),
    },
    templates=parse("""
{who} [have@who] {pet:a}. | {who} [tener@who] {pet:a}.
{who} [have@who] {number} {pet:pl}. | {who} [tener@who] {number} {pet:pl}.
[do@who] {who} have {pet:a}? | ¿{who} [tener@who] {pet:a}?
{who} [have@who] {pet:a} and {pet2:a}. | {who} [tener@who] {pet:a} y {pet2:a}.
{who} [have@who] a {look} {pet}. | {who} [tener@who] {pet:a} {look@pet}.
{pet:poss@who} is {look}. | {pet:poss@who} es {look@pet}.
{pet:poss@who} is very {look}. | {pet:poss@who} es muy {look@pet}.
{pet:the} is sleeping {spot}. | {pet:the} está durmiendo {spot}.
{pet:poss@who} is {spot}. | {pet:poss@who} está {spot}.
{pet:poss@who} is {need}. | {pet:poss@who} está {need@pet}.
Is {pet:poss@you} {need}? | ¿Está {need@pet} {pet:poss@you}?
Where is {pet:poss@you}? | ¿Dónde está {pet:poss@you}?
{pet:poss@who} likes to sleep {spot}. | A {pet:poss@who} le gusta dormir {spot}.
{pet:poss@who} is called {name}. | {pet:poss@who} se llama {name}.
What is {pet:poss@you} called? | ¿Cómo se llama {pet:poss@you}?
{who} [love@who] {pet:poss@who}. | {who} [querer@who] mucho a {pet:poss@who}.
{who} [want@who] {pet:a}. | {who} [querer@who] {pet:a}.
{pet:the} ate {person}'s food. | {pet:the} se comió la comida de {person}.
Give water to {pet:the}, please. | Dale agua a {pet:the}, por favor.
"""),
)

FARM = Topic(
    name="farm",
    words={
        "animal": nouns("""
cow = la vaca
horse = el caballo
pig = el cerdo
sheep/sheep = la oveja
chicken = la gallina
goat = la cabra
duck = el pato
donkey = el burro
"""),
        "act": actions("""
ride a horse = montar a caballo
work on the farm = trabajar en la granja
milk the cows = ordeñar las vacas
feed the chickens = dar de comer a las gallinas
drive the tractor = conducir el tractor
sell the milk = vender la leche
pick apples = recoger manzanas
"""),
    },
    templates=parse("""
{who} [have@who] {number} {animal:pl}. | {who} [tener@who] {number} {animal:pl}.
{who} [have@who] {number} {animal:pl} and {number2} {animal2:pl}.
| {who} [tener@who] {number} {animal:pl} y {number2} {animal2:pl}.
There are {number} {animal:pl} on the farm. | Hay {number} {animal:pl} en la granja.
There are {animal:pl} and {animal2:pl} on the farm. | Hay {animal:pl} y {animal2:pl} en la granja.
How many {animal:pl} do you have? | ¿{animal:howmanypl} tienes?
How many {animal:pl} [do@third] {third} have? | ¿{animal:howmanypl} [tener@third] {third}?
{animal:the} is next to {animal2:the}. | {animal:the} está al lado de {animal2:the}.
{animal:the} is eating grass. | {animal:the} está comiendo hierba.
{animal:thepl} are in the field. | {animal:thepl} están en el campo.
{who} [buy:past@who] {animal:a} {ago}. | {who} [comprar:past@who] {animal:a} {ago}.
{who} [sell:past@who] {number} {animal:pl} {ago}.
| {who} [vender:past@who] {number} {animal:pl} {ago}.
{person}'s {animal} is sick. | {animal:the} de {person} está <enfermo@animal>.
"""),
)

COUNTRYSIDE = Topic(
    name="countryside",
    words={
        "place": nouns("""
river = el río
lake = el lago
forest = el bosque
mountain = la montaña
village = el pueblo
valley = el valle
island = la isla
bridge = el puente
"""),
        "thing": nouns("""
path = el camino
tent = la tienda de campaña
compass = la brújula
backpack = la mochila
"""),
        "trait": adjectives("""
long = largo
small = pequeño
old = viejo
big = grande
"""),
        "act": actions("""
climb the mountain = subir la montaña
walk in the forest = caminar por el bosque
cross the river = cruzar el río
take photos = hacer fotos
look at the stars = mirar las estrellas
breathe fresh air = respirar aire fresco
camp near the lake = acampar cerca del lago
"""),
    },
    templates=parse("""
{place:the} is very {trait}. | {place:the} es muy {trait@place}.
We live near {place:the}. | Vivimos cerca de {place:the}.
{who} [live@who] near {place:the}. | {who} [vivir@who] cerca de {place:the}.
{who} [walk@who] to {place:the} {often}. | {who} [caminar@who] hasta {place:the} {often}.
From here you can see {place:the}. | Desde aquí se puede ver {place:the}.
{place:the} is behind {place2:the}. | {place:the} está detrás de {place2:the}.
{place:the} is between {place2:the} and the road.
| {place:the} está entre {place2:the} y la carretera.
The path to {place:the} is {trait}. | El camino a {place:the} es {trait}.
"""),
)

BEACH = Topic(
    name="beach",
    words={
        "pair": nouns("""
sunglasses = las gafas de sol
sandals = las sandalias
"""),
        "thing": nouns("""
towel = la toalla
ball = la pelota
hat = el sombrero
boat = el barco
swimsuit = el traje de baño
chair = la silla
"""),
        "trait": adjectives("""
blue = azul
white = blanco
big = grande
new = nuevo
"""),
        "state": adjectives("""
wet = mojado
dry = seco
"""),
        "sea": adjectives("""
calm = tranquilo
cold = frío
rough = agitado
"""),
        "here": phrases("""
here = de aquí
the hotel = del hotel
my house = de mi casa
the city = de la ciudad
"""),
        "act": actions("""
swim in the sea = nadar en el mar
play on the beach = jugar en la playa
walk along the beach = caminar por la playa
lie in the sun = tomar el sol
build a sandcastle = construir un castillo de arena
take the boat = tomar el barco
watch the waves = mirar las olas
put on sunscreen = ponerse crema solar
"""),
    },
    templates=parse("""
The sea is {sea} {now}. | El mar está {sea} {now}.
The sea is very {sea} {now}. | El mar está muy {sea} {now}.
{thing:poss@who} is on the beach. | {thing:poss@who} está en la playa.
Don't forget {thing:poss@you}. | No olvides {thing:poss@you}.
Don't forget {pair:poss@you}. | No olvides {pair:poss@you}.
{who} [forget:past@who] {pair:poss@who}. | {who} [olvidar:past@who] {pair:poss@who}.
{who} [leave:past@who] {thing:poss@who} on the beach.
| {who} [dejar:past@who] {thing:poss@who} en la playa.
Is the beach far from {here}? | ¿La playa está lejos {here}?
The beach is {number} minutes from {here}. | La playa está a {number} minutos {here}.
{who} [spend@who] the summer on the beach. | {who} [pasar@who] el verano en la playa.
{who} [spend:past@who] the day on the beach {ago}.
| {who} [pasar:past@who] el día en la playa {ago}.
"""),
)

TOPICS = (ANIMALS, PETS, FARM, COUNTRYSIDE, BEACH)
