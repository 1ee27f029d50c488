"""Shopping, clothes, colours, money."""

from core.data.demo.lexicon import actions, adjectives, nouns, phrases
from core.data.demo.template import Topic, parse

SHOPPING = Topic(
    name="shopping",
    words={
        "thing": nouns("""
bag = la bolsa
watch = el reloj de pulsera
umbrella = el paraguas
gift = el regalo
toy = el juguete
ring = el anillo
suitcase = la maleta
wallet = la cartera
"""),
        "trait": adjectives("""
expensive = caro
cheap = barato
big = grande
small = pequeño
new = nuevo
beautiful = bonito
"""),
        "act": actions("""
go shopping = ir de compras
buy a gift = comprar un regalo
pay by card = pagar con tarjeta
pay in cash = pagar en efectivo
spend a lot of money = gastar mucho dinero
look for a bargain = buscar una ganga
return the shoes = devolver los zapatos
"""),
        "place": nouns("""
market = el mercado
supermarket = el supermercado
bakery = la panadería
bookstore = la librería
shopping center = el centro comercial
"""),
    },
    templates=parse("""
How much does {thing:the} cost? | ¿Cuánto cuesta {thing:the}?
How much does {thing:this} cost? | ¿Cuánto cuesta {thing:this}?
{thing:this} costs {number} euros. | {thing:this} cuesta {number} euros.
{thing:the} costs more than {thing2:the}. | {thing:the} cuesta más que {thing2:the}.
I am going to buy {thing:this}. | Voy a comprar {thing:this}.
I would like to buy {thing:a}. | Me gustaría comprar {thing:a}.
{who} [buy:past@who] {thing:a} {ago}. | {who} [comprar:past@who] {thing:a} {ago}.
{who} [buy:past@who] {thing:a} for {person}. | {who} [comprar:past@who] {thing:a} para {person}.
{who} [sell:past@who] {thing:poss@who}. | {who} [vender:past@who] {thing:poss@who}.
Can you show me {thing:that}, please? | ¿Puedes mostrarme {thing:that}, por favor?
{thing:this} is cheaper than {thing:that}.
| {thing:this} es más <barato@thing> que {thing:yonder}.
Is there a {trait} {thing}? | ¿Hay {thing:a} {trait@thing}?
"""),
)

_COLORS = adjectives("""
red = rojo
blue = azul
green = verde
yellow = amarillo
black = negro
white = blanco
gray = gris
brown = marrón
""")

CLOTHES = Topic(
    name="clothes",
    words={
        "thing": nouns("""
shirt = la camisa
dress = el vestido
coat = el abrigo
hat = el sombrero
skirt = la falda
jacket = la chaqueta
scarf/scarves = la bufanda
sweater = el jersey/jerséis
belt = el cinturón
"""),
        "pair": nouns("""
shoes = los zapatos
pants = los pantalones
gloves = los guantes
boots = las botas
socks = los calcetines
glasses = las gafas
"""),
        "trait": adjectives("""
new = nuevo
old = viejo
elegant = elegante
expensive = caro
long = largo
"""),
        "state": adjectives("""
clean = limpio
dirty = sucio
wet = mojado
"""),
        "color": _COLORS,
    },
    templates=parse("""
{who} [wear@who] {thing:a} {often}. | {who} [llevar@who] {thing:a} {often}.
{who} [be@who] wearing a {color} {thing}. | {who} [llevar@who] {thing:a} {color@thing}.
{who} [wear:past@who] {pair} {ago}. | {who} [llevar:past@who] {pair} {ago}.
{pair:the} are {color}. | {pair:the} son {color@pair}.
{pair:poss@who} are {state}. | {pair:poss@who} están {state@pair}.
{pair:this} are too {trait}. | {pair:this} son demasiado {trait@pair}.
{who} [need@who] {color} {pair}. | {who} [necesitar@who] {pair} {color@pair}.
{who} [buy:past@who] {color} {pair} {ago}. | {who} [comprar:past@who] {pair} {color@pair} {ago}.
Where are {pair:poss@you}? | ¿Dónde están {pair:poss@you}?
{who} can't find {pair:poss@who}. | {who} no [encontrar@who] {pair:poss@who}.
How much do {pair:this} cost? | ¿Cuánto cuestan {pair:this}?
How much does {thing:this} cost? | ¿Cuánto cuesta {thing:this}?
I like {pair:poss@you}. | Me gustan {pair:poss@you}.
Can I try on {thing:this}? | ¿Puedo probarme {thing:this}?
Can I try on {pair:this}? | ¿Puedo probarme {pair:this}?
{thing:this} is too small for {who:obj}. | {thing:this} es demasiado <pequeño@thing> para {who:obj}.
Put on {thing:poss@you}, please. | Ponte {thing:the}, por favor.
Put on {pair:poss@you}, please. | Ponte {pair:the}, por favor.
"""),
)

COLORS = Topic(
    name="colors",
    words={
        "color": _COLORS,
        "object": nouns("""
house = la casa
car = el coche
door = la puerta
wall = la pared
book = el libro
table = la mesa
flower = la flor
shirt = la camisa
pencil = el lápiz
bag = la bolsa
bicycle = la bicicleta
umbrella = el paraguas
"""),
    },
    templates=parse("""
{object:the} is {color}. | {object:the} es {color@object}.
{object:thepl} are {color}. | {object:thepl} son {color:pl@object}.
{object:poss@who} is {color}. | {object:poss@who} es {color@object}.
{object:posspl@who} are {color}. | {object:posspl@who} son {color:pl@object}.
{object:the} is {color} and {color2}. | {object:the} es {color@object} y {color2@object}.
Is {object:poss@you} {color} or {color2}? | ¿{object:poss@you} es {color@object} o {color2@object}?
What color is {object:the}? | ¿De qué color es {object:the}?
What color is {object:poss@who}? | ¿De qué color es {object:poss@who}?
{who} [have@who] a {color} {object}. | {who} [tener@who] {object:a} {color@object}.
{who} [want@who] a {color} {object}. | {who} [querer@who] {object:a} {color@object}.
{who} [see:past@who] a {color} {object} {ago}.
| {who} [ver:past@who] {object:a} {color@object} {ago}.
The {color} {object} is mine. | {object:the} {color@object} es {object:mine}.
The {color} {object} isn't mine. | {object:the} {color@object} no es {object:mine}.
I prefer the {color} {object}. | Prefiero {object:the} {color@object}.
There are {number} {color} {object:pl}. | Hay {number} {object:pl} {color:pl@object}.
{object:the} isn't {color}. | {object:the} no es {color@object}.
That {color} {object} is beautiful. | {object:that} {color@object} es <bonito@object>.
"""),
)

MONEY = Topic(
    name="money",
    words={
        "place": nouns("""
bank = el banco
cash machine = el cajero automático
office = la oficina
exchange office = la oficina de cambio
"""),
        "act": actions("""
save money = ahorrar dinero
open an account = abrir una cuenta
pay the rent = pagar el alquiler
change money = cambiar dinero
send money to POSS family = enviar dinero a POSS:f familia
pay the taxes = pagar los impuestos
ask for a loan = pedir un préstamo
count the coins = contar las monedas
"""),
        "sum": phrases("""
ten = diez
twenty = veinte
fifty = cincuenta
a hundred = cien
two hundred = doscientos
a thousand = mil
"""),
    },
    templates=parse("""
{who} [have@who] {sum} euros. | {who} [tener@who] {sum} euros.
{who} only [have@who] {sum} euros. | {who} solo [tener@who] {sum} euros.
{who} [need@who] {sum} euros {soon}. | {who} [necesitar@who] {sum} euros {soon}.
{who} [pay:past@who] {sum} euros {ago}. | {who} [pagar:past@who] {sum} euros {ago}.
{who} [spend:past@who] {sum} euros {ago}. | {who} [gastar:past@who] {sum} euros {ago}.
{who} [earn@who] {sum} euros {often}. | {who} [ganar@who] {sum} euros {often}.
Can you lend me {sum} euros? | ¿Puedes prestarme {sum} euros?
Can you lend me {sum} euros, {name}? | ¿Puedes prestarme {sum} euros, {name}?
{person} owes me {sum} euros. | {person} me debe {sum} euros.
I owe {sum} euros to {person}. | Debo {sum} euros a {person}.
How much money [do@third] {third} have? | ¿Cuánto dinero [tener@third] {third}?
{who} [don't@who] have enough money. | {who} no [tener@who] suficiente dinero.
{who} [lose:past@who] {sum} euros {ago}. | {who} [perder:past@who] {sum} euros {ago}.
{who} [find:past@who] {sum} euros in the street.
| {who} [encontrar:past@who] {sum} euros en la calle.
It costs {sum} euros. | Cuesta {sum} euros.
"""),
)

TOPICS = (SHOPPING, CLOTHES, COLORS, MONEY)
