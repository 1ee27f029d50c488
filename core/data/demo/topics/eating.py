"""Food, fruit and vegetables, drinks, restaurant, cooking."""

from core.data.demo.lexicon import actions, adjectives, nouns, phrases
from core.data.demo.template import Topic, parse

FOOD = Topic(
    name="food",
    words={
        "stuff": nouns("""
bread = el pan
meat = la carne
fish = el pescado
chicken = el pollo
rice = el arroz
cheese = el queso
soup = la sopa
pasta = la pasta
ham = el jamón
chocolate = el chocolate
ice cream = el helado
eggs = los huevos
sandwiches = los bocadillos
"""),
        "taste": adjectives("""
delicious = delicioso
salty = salado
tasty = sabroso
"""),
        "served": adjectives("""
hot = caliente
cold = frío
ready = listo
raw = crudo
"""),
        "act": actions("""
eat meat = comer carne
eat fish = comer pescado
cook pasta = cocinar pasta
buy bread = comprar pan
make soup = hacer sopa
eat chocolate = comer chocolate
"""),
    },
    templates=parse("""
{who} [eat@who] {stuff} {often}. | {who} [comer@who] {stuff} {often}.
{who} [eat:past@who] {stuff} {ago}. | {who} [comer:past@who] {stuff} {ago}.
{who} {ever} [eat@who] {stuff}. | {who} {ever} [comer@who] {stuff}.
{who} [be@who] eating {stuff} with {stuff2}. | {who} [estar@who] comiendo {stuff} con {stuff2}.
{who} [eat@who] {stuff} with {stuff2}. | {who} [comer@who] {stuff} con {stuff2}.
{stuff:the} [be@stuff] {served}. | {stuff:the} [estar@stuff] {served@stuff}.
{stuff:the} [be@stuff] very {taste}. | {stuff:the} [estar@stuff] muy {taste@stuff}.
[be@stuff] {stuff:the} {served}? | ¿[estar@stuff] {served@stuff} {stuff:the}?
{stuff:this} [be@stuff] {taste}. | {stuff:this} [estar@stuff] {taste@stuff}.
{stuff} with {stuff2} [be@stuff] my favorite food.
| {stuff:the} con {stuff2} [ser@stuff] mi comida favorita.
What do you want to eat {soon}? | ¿Qué quieres comer {soon}?
What did {third} eat {ago}? | ¿Qué comió {third} {ago}?
"""),
)

_GREENS = nouns("""
apple = la manzana
orange = la naranja
banana = el plátano
pear = la pera
strawberry = la fresa
lemon = el limón
tomato/tomatoes = el tomate
potato/potatoes = la patata
onion = la cebolla
carrot = la zanahoria
pepper = el pimiento
melon = el melón
""")

FRUIT = Topic(
    name="fruit and vegetables",
    words={
        "item": _GREENS,
        "look": adjectives("""
red = rojo
green = verde
yellow = amarillo
sweet = dulce
big = grande
small = pequeño
fresh = fresco
"""),
        "ripeness": adjectives("""
ripe = maduro
rotten = podrido
good = bueno
"""),
    },
    templates=parse("""
{who} [eat@who] {item:a} {often}. | {who} [comer@who] {item:a} {often}.
{who} [eat:past@who] {item:a} {ago}. | {who} [comer:past@who] {item:a} {ago}.
{who} [want@who] {number} {item:pl}. | {who} [querer@who] {number} {item:pl}.
{who} [buy:past@who] {number} {item:pl} {ago}. | {who} [comprar:past@who] {number} {item:pl} {ago}.
{who} [like@who] {item:pl}. | {who:dat} gustan {item:thepl}.
{who} [don't@who] like {item:pl}. | {who:nodat} gustan {item:thepl}.
Do you like {item:pl}? | ¿Te gustan {item:thepl}?
I like {item:pl} more than {item2:pl}. | Me gustan más {item:thepl} que {item2:thepl}.
{item:thepl} are {look}. | {item:thepl} son {look:pl@item}.
{item:this} is {ripeness}. | {item:this} está {ripeness@item}.
{item:thepl} are {ripeness}. | {item:thepl} están {ripeness:pl@item}.
I want a {look} {item}. | Quiero {item:a} {look@item}.
{who} [have@who] a {look} {item}. | {who} [tener@who] {item:a} {look@item}.
How much are {item:thepl}? | ¿Cuánto cuestan {item:thepl}?
{item:thepl} are cheaper than {item2:thepl}.
| {item:thepl} son más <barato:pl@item> que {item2:thepl}.
A kilo of {item:pl}, please. | Un kilo de {item:pl}, por favor.
{number} kilos of {item:pl}, please. | {number} kilos de {item:pl}, por favor.
There are {item:pl} and {item2:pl} in the fridge. | Hay {item:pl} y {item2:pl} en la nevera.
We need {item:pl} for the salad. | Necesitamos {item:pl} para la ensalada.
"""),
)

DRINKS = Topic(
    name="drinks",
    words={
        "stuff": nouns("""
water = el agua f
coffee = el café
tea = el té
milk = la leche
orange juice = el zumo de naranja
wine = el vino
beer = la cerveza
hot chocolate = el chocolate caliente
lemonade = la limonada
"""),
        "serving": phrases("""
a cup of coffee = una taza de café
a cup of tea = una taza de té
a cup of milk = una taza de leche
a cup of hot chocolate = una taza de chocolate caliente
a glass of water = un vaso de agua
a glass of milk = un vaso de leche
a glass of orange juice = un vaso de zumo de naranja
a glass of lemonade = un vaso de limonada
a glass of beer = un vaso de cerveza
a glass of wine = un vaso de vino
a bottle of water = una botella de agua
a bottle of wine = una botella de vino
a bottle of beer = una botella de cerveza
"""),
        "served": adjectives("""
hot = caliente
cold = frío
delicious = delicioso
"""),
        "act": actions("""
drink water = beber agua
make coffee = hacer café
order a tea = pedir un té
drink milk = beber leche
"""),
    },
    templates=parse("""
{who} [drink@who] {stuff} {often}. | {who} [beber@who] {stuff} {often}.
{who} {ever} [drink@who] {stuff}. | {who} {ever} [beber@who] {stuff}.
{who} [drink:past@who] {stuff} {ago}. | {who} [beber:past@who] {stuff} {ago}.
{who} [want@who] {serving}. | {who} [querer@who] {serving}.
{serving}, please. | {serving}, por favor.
Can I have {serving}, please? | ¿Puedo tomar {serving}, por favor?
Would you like {serving}? | ¿Te gustaría {serving}?
{stuff:the} is {served}. | {stuff:the} está {served@stuff}.
{stuff:this} is very {served}. | {stuff:this} está muy {served@stuff}.
Do you want {stuff} or {stuff2}? | ¿Quieres {stuff} o {stuff2}?
There is {serving} on the table. | Hay {serving} en la mesa.
{serving} and {serving2}, please. | {serving} y {serving2}, por favor.
{who} [drink:past@who] {serving} {ago}. | {who} [beber:past@who] {serving} {ago}.
What do you want to drink, {name}? | ¿Qué quieres beber, {name}?
"""),
)

RESTAURANT = Topic(
    name="restaurant",
    words={
        "dish": nouns("""
salad = la ensalada
soup = la sopa
steak = el filete
omelette = la tortilla
pizza = la pizza
dessert = el postre
coffee = el café
sandwich = el bocadillo
"""),
        "act": actions("""
order the dessert = pedir el postre
pay the bill = pagar la cuenta
book a table = reservar una mesa
eat in a restaurant = comer en un restaurante
leave a tip = dejar propina
try the fish = probar el pescado
call the waiter = llamar al camarero
"""),
    },
    templates=parse("""
I would like {dish:a}, please. | Quisiera {dish:a}, por favor.
I would like {dish:a} and {dish2:a}, please. | Quisiera {dish:a} y {dish2:a}, por favor.
For {who:obj}, {dish:a}, please. | Para {who:obj}, {dish:a}, por favor.
{who} [order:past@who] {dish:a}. | {who} [pedir:past@who] {dish:a}.
{who} [order:past@who] {dish:a} and {dish2:a}. | {who} [pedir:past@who] {dish:a} y {dish2:a}.
{dish:the} is for {who:obj}. | {dish:the} es para {who:obj}.
A table for {number}, please. | Una mesa para {number}, por favor.
A table for {number} people, please. | Una mesa para {number} personas, por favor.
How much does {dish:the} cost? | ¿Cuánto cuesta {dish:the}?
How is {dish:the}? | ¿Cómo está {dish:the}?
{dish:the} is very good {soon}. | {dish:the} está muy <bueno@dish> {soon}.
Can you bring me {dish:the}, please? | ¿Puedes traerme {dish:the}, por favor?
Could you bring me {dish:another}, please? | ¿Podrías traerme {dish:another}, por favor?
The waiter forgot {dish:the}. | El camarero olvidó {dish:the}.
The waiter brought {dish:a} for {who:obj}. | El camarero trajo {dish:a} para {who:obj}.
Do you want {dish:a} or {dish2:a}? | ¿Quieres {dish:a} o {dish2:a}?
The restaurant is {open} {often}. | El restaurante está {open} {often}.
The bill, please. | La cuenta, por favor.
We have a table for {number} people {soon}. | Tenemos una mesa para {number} personas {soon}.
"""),
)

COOKING = Topic(
    name="cooking",
    words={
        "stuff": nouns("""
salt = la sal
sugar = el azúcar
oil = el aceite
butter = la mantequilla
flour = la harina
garlic = el ajo
vinegar = el vinagre
honey = la miel
"""),
        "meal": nouns("""
cake = el pastel
salad = la ensalada
soup = la sopa
bread = el pan
sauce = la salsa
rice = el arroz
"""),
        "act": actions("""
cook for POSS friends = cocinar para POSS:mp amigos
prepare a salad = preparar una ensalada
follow the recipe = seguir la receta
add the salt = añadir la sal
mix the eggs = mezclar los huevos
taste the sauce = probar la salsa
"""),
    },
    templates=parse("""
Add {stuff:the} to {meal:the}. | Añade {stuff:the} a {meal:the}.
Add {stuff} and {stuff2} to {meal:the}. | Añade {stuff} y {stuff2} a {meal:the}.
{meal:the} needs more {stuff}. | {meal:the} necesita más {stuff}.
{meal:the} has too much {stuff}. | {meal:the} tiene <demasiado@stuff> {stuff}.
Mix {stuff:the} with {stuff2:the}. | Mezcla {stuff:the} con {stuff2:the}.
{who} [cook@who] {meal:the} with {stuff}. | {who} [cocinar@who] {meal:the} con {stuff}.
{who} [prepare:past@who] {meal:the} {ago}. | {who} [preparar:past@who] {meal:the} {ago}.
Can you pass me {stuff:the}, please? | ¿Puedes pasarme {stuff:the}, por favor?
Where is {stuff:the}? | ¿Dónde está {stuff:the}?
Is there {stuff} in {meal:the}? | ¿Hay {stuff} en {meal:the}?
{person} cooks better than {person2}. | {person} cocina mejor que {person2}.
{meal:the} is almost ready. | {meal:the} está casi <listo@meal>.
Do you cook with {stuff} or with {stuff2}? | ¿Cocinas con {stuff} o con {stuff2}?
"""),
)

TOPICS = (FOOD, FRUIT, DRINKS, RESTAURANT, COOKING)
