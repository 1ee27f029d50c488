"""Telephone, computers, the internet, the data centre."""

from core.data.demo.lexicon import actions, adjectives, nouns, phrases
from core.data.demo.template import Topic, parse

PHONE = Topic(
    name="telephone",
    words={
        "thing": nouns("""
phone = el teléfono
charger = el cargador
battery = la batería
screen = la pantalla
phone number = el número de teléfono
message = el mensaje
"""),
        "trait": adjectives("""
new = nuevo
old = viejo
expensive = caro
"""),
        "act": actions("""
call POSS friends = llamar a POSS:mp amigos
answer the phone = contestar el teléfono
charge the phone = cargar el teléfono
send a message = enviar un mensaje
turn off the phone = apagar el teléfono
"""),
    },
    templates=parse("""
{person} called {ago}. | {person} llamó {ago}.
{person} called you {ago}. | {person} te llamó {ago}.
{who} [call:past@who] {person} {ago}. | {who} [llamar:past@who] a {person} {ago}.
{who} will call {person} {soon}. | {who} [llamar:fut@who] a {person} {soon}.
Can I speak with {person}, please? | ¿Puedo hablar con {person}, por favor?
Hello, can I speak with {person}? | Hola, ¿puedo hablar con {person}?
What is {person}'s phone number? | ¿Cuál es el número de teléfono de {person}?
Who is calling? | ¿Quién llama?
Call me {soon}, please. | Llámame {soon}, por favor.
Call {person} {soon}, please. | Llama a {person} {soon}, por favor.
{person} doesn't answer the phone {now}. | {person} no contesta el teléfono {now}.
{who} [forget:past@who] {thing:poss@who}. | {who} [olvidar:past@who] {thing:poss@who}.
Give me {person}'s phone number, please. | Dame el número de teléfono de {person}, por favor.
{who} [speak@who] on the phone with {person}. | {who} [hablar@who] por teléfono con {person}.
"""),
)

COMPUTERS = Topic(
    name="computers",
    words={
        "thing": nouns("""
computer = el ordenador
keyboard = el teclado
screen = la pantalla
printer = la impresora
mouse/mice = el ratón
laptop = el portátil
program = el programa
"""),
        "trait": adjectives("""
new = nuevo
old = viejo
fast = rápido
slow = lento
expensive = caro
modern = moderno
"""),
        "state": adjectives("""
broken = roto
dirty = sucio
"""),
        "act": actions("""
turn on the computer = encender el ordenador
turn off the computer = apagar el ordenador
save the file = guardar el archivo
print the document = imprimir el documento
install the program = instalar el programa
change the password = cambiar la contraseña
open the file = abrir el archivo
write a program = escribir un programa
"""),
        "order": actions("""
save the file = guardar el archivo
open the program = abrir el programa
close the window = cerrar la ventana
change the password = cambiar la contraseña
turn off the computer = apagar el ordenador
print the document = imprimir el documento
copy the file = copiar el archivo
"""),
    },
    templates=parse("""
{thing:the} doesn't work. | {thing:the} no funciona.
{thing:poss@who} doesn't work. | {thing:poss@who} no funciona.
{thing:the} doesn't work {now}. | {thing:the} no funciona {now}.
Does {thing:poss@you} work well? | ¿Funciona bien {thing:poss@you}?
{thing:the} is faster than {thing2:the}. | {thing:the} es más <rápido@thing> que {thing2:the}.
{person} repaired {thing:poss@me} {ago}. | {person} reparó {thing:poss@me} {ago}.
{person} uses {thing:poss@me}. | {person} usa {thing:poss@me}.
{order:inf@you} and {order2:inf@you}. | {order:imp} y {order2:imp}.
{order:inf@you}, please. | {order:imp}, por favor.
Don't {order:inf@you}. | No {order:sub}.
First {order:inf@you} and then {order2:inf@you}. | Primero {order:imp} y luego {order2:imp}.
How do I {order:inf@me}? | ¿Cómo puedo {order:inf@me}?
{who} [buy:past@who] {thing:a} {ago}. | {who} [comprar:past@who] {thing:a} {ago}.
"""),
)

INTERNET = Topic(
    name="internet",
    words={
        "thing": nouns("""
website = la página web/páginas web
photo = la foto
video = el vídeo
link = el enlace
account = la cuenta
song = la canción
"""),
        "trait": adjectives("""
new = nuevo
funny = divertido
interesting = interesante
long = largo
"""),
        "act": actions("""
watch videos = ver vídeos
download the photos = descargar las fotos
buy books on the internet = comprar libros en internet
look for information = buscar información
share the photos = compartir las fotos
write an email = escribir un correo
read the news = leer las noticias
"""),
    },
    templates=parse("""
{who} [send:past@who] {thing:a} to {person}. | {who} [enviar:past@who] {thing:a} a {person}.
Can you send me {thing:the}? | ¿Puedes enviarme {thing:the}?
{thing:this} is very {trait}. | {thing:this} es muy {trait@thing}.
{who} [find:past@who] {thing:a} on the internet. | {who} [encontrar:past@who] {thing:a} en internet.
{who} [share:past@who] {thing:the} with {person}.
| {who} [compartir:past@who] {thing:the} con {person}.
{person}'s {thing} is very {trait}. | {thing:the} de {person} es muy {trait@thing}.
Have you seen {thing:this}? | ¿Has visto {thing:this}?
What is your password? | ¿Cuál es tu contraseña?
{who} [download:past@who] {number} {thing:pl}. | {who} [descargar:past@who] {number} {thing:pl}.
{who} [create:past@who] {thing:a} {ago}. | {who} [crear:past@who] {thing:a} {ago}.
"""),
)

DATA_CENTER = Topic(
    name="data center",
    words={
        "machine": nouns("""
server = el servidor
graphics card = la tarjeta gráfica
disk = el disco
network = la red
database = la base de datos/bases de datos
fan = el ventilador
cluster = el clúster/clústeres
node = el nodo
"""),
        "health": adjectives("""
down = caído
hot = caliente
busy = ocupado
full = lleno
ready = listo
free = libre
"""),
        "kind": adjectives("""
new = nuevo
fast = rápido
old = viejo
slow = lento
powerful = potente
"""),
        "task": actions("""
restart the server = reiniciar el servidor
train the model = entrenar el modelo
check the temperature = comprobar la temperatura
save a backup = guardar una copia de seguridad
stop the training = parar el entrenamiento
test the network = probar la red
read the logs = leer los registros
restore the backup = restaurar la copia de seguridad
"""),
        "act": actions("""
train a model = entrenar un modelo
restart the server = reiniciar el servidor
check the temperature = comprobar la temperatura
replace the disk = cambiar el disco
make a backup = hacer una copia de seguridad
monitor the network = vigilar la red
cool the room = enfriar la sala
"""),
        "load": phrases("""
ten = diez
twenty = veinte
thirty = treinta
forty = cuarenta
fifty = cincuenta
eighty = ochenta
ninety = noventa
"""),
    },
    templates=parse("""
{machine:the} is {health}. | {machine:the} está {health@machine}.
{machine:the} is not {health}. | {machine:the} no está {health@machine}.
Is {machine:the} {health}? | ¿Está {health@machine} {machine:the}?
Why is {machine:the} {health}? | ¿Por qué está {health@machine} {machine:the}?
{machine:the} is {health} {now}. | {machine:the} está {health@machine} {now}.
{machine:the} was {health} {ago}. | {machine:the} estaba {health@machine} {ago}.
{machine:the} is very {kind}. | {machine:the} es muy {kind@machine}.
We need a {kind} {machine}. | Necesitamos {machine:a} {kind@machine}.
We have {number} {machine:pl}. | Tenemos {number} {machine:pl}.
There are {number} {machine:pl} in the data center.
| Hay {number} {machine:pl} en el centro de datos.
{number} {machine:pl} are {health}. | {number} {machine:pl} están {health:pl@machine}.
{machine:the} doesn't work. | {machine:the} no funciona.
{machine:the} is at {load} percent. | {machine:the} está al {load} por ciento.
The temperature of {machine:the} is {load} degrees.
| La temperatura de {machine:the} es de {load} grados.
{task:inf@you}, please. | {task:imp}, por favor.
Don't {task:inf@you} {now}. | No {task:sub} {now}.
First {task:inf@you} and then {task2:inf@you}. | Primero {task:imp} y luego {task2:imp}.
The model needs {number} hours of training. | El modelo necesita {number} horas de entrenamiento.
The training ends in {number} minutes. | El entrenamiento termina en {number} minutos.
{who} [replace:past@who] {machine:the} {ago}. | {who} [cambiar:past@who] {machine:the} {ago}.
"""),
)

TOPICS = (PHONE, COMPUTERS, INTERNET, DATA_CENTER)
