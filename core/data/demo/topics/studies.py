"""School, university, languages."""

from core.data.demo.lexicon import actions, adjectives, nouns, phrases
from core.data.demo.template import Topic, parse

SCHOOL = Topic(
    name="school",
    words={
        "thing": nouns("""
pencil = el lápiz
pen = el bolígrafo
notebook = el cuaderno
backpack = la mochila
ruler = la regla
eraser = la goma
book = el libro
"""),
        "trait": adjectives("""
new = nuevo
old = viejo
red = rojo
blue = azul
small = pequeño
"""),
        "act": actions("""
do POSS homework = hacer POSS:mp deberes
go to school = ir a la escuela
study for the exam = estudiar para el examen
listen to the teacher = escuchar al profesor
learn the lesson = aprender la lección
answer the questions = responder las preguntas
draw a picture = hacer un dibujo
ask the teacher = preguntar al profesor
"""),
        "hard": adjectives("""
difficult = difícil
easy = fácil
interesting = interesante
"""),
        "pupil": adjectives("""
student = estudiante
teacher = profesor
"""),
    },
    templates=parse("""
{one} [be@one] a {pupil}. | {one} [ser@one] {pupil@one}.
The teacher explains the lesson {often}. | El profesor explica la lección {often}.
The exam is {soon}. | El examen es {soon}.
The exam was very {hard}. | El examen fue muy {hard}.
The lesson is very {hard}. | La lección es muy {hard}.
{who} [pass:past@who] the exam {ago}. | {who} [aprobar:past@who] el examen {ago}.
{who} [fail:past@who] the exam {ago}. | {who} [suspender:past@who] el examen {ago}.
The classes start at {number}. | Las clases empiezan a las {number}.
There are {number} students in the class. | Hay {number} estudiantes en la clase.
Can I borrow {thing:poss@you}? | ¿Puedes prestarme {thing:poss@you}?
{thing:poss@who} is on the desk. | {thing:poss@who} está en el escritorio.
{name}, give me {thing:the}, please. | {name}, dame {thing:the}, por favor.
{thing:the} is in the backpack. | {thing:the} está en la mochila.
"""),
)

UNIVERSITY = Topic(
    name="university",
    words={
        "subject": nouns("""
mathematics = las matemáticas
history = la historia
physics = la física
biology = la biología
chemistry = la química
law = el derecho
medicine = la medicina
economics = la economía
art = el arte
philosophy = la filosofía
"""),
        "level": adjectives("""
interesting = interesante
difficult = difícil
easy = fácil
boring = aburrido
useful = útil
"""),
        "act": actions("""
study at the university = estudiar en la universidad
prepare the exam = preparar el examen
write an essay = escribir un ensayo
attend the classes = asistir a las clases
take notes = tomar apuntes
teach at the university = enseñar en la universidad
"""),
    },
    templates=parse("""
{who} [study@who] {subject}. | {who} [estudiar@who] {subject}.
{who} [study@who] {subject} {often}. | {who} [estudiar@who] {subject} {often}.
{who} [study@who] {subject} and {subject2}. | {who} [estudiar@who] {subject} y {subject2}.
{who} [want@who] to study {subject}. | {who} [querer@who] estudiar {subject}.
[do@who] {who} study {subject}? | ¿{who} [estudiar@who] {subject}?
{subject} is very {level}. | {subject:the} [ser@subject] muy {level@subject}.
{subject} is {level}. | {subject:the} [ser@subject] {level@subject}.
{subject} is more difficult than {subject2}.
| {subject:the} [ser@subject] más <difícil@subject> que {subject2:the}.
Is {subject} {level}? | ¿[ser@subject] {level@subject} {subject:the}?
I think that {subject} is {level}. | Creo que {subject:the} [ser@subject] {level@subject}.
{who} [like@who] {subject}. | {who:dat} [gustar@subject] {subject:the}.
{who} [don't@who] like {subject}. | {who:nodat} [gustar@subject] {subject:the}.
{who} [have@who] a {subject} exam {soon}. | {who} [tener@who] un examen de {subject} {soon}.
The {subject} class is {soon}. | La clase de {subject} es {soon}.
{person} teaches {subject}. | {person} enseña {subject}.
The {subject} book is very {level}. | El libro de {subject} es muy {level}.
"""),
)

LANGUAGES = Topic(
    name="languages",
    words={
        "language": nouns("""
Spanish = el español
English = el inglés
French = el francés
German = el alemán
Italian = el italiano
Chinese = el chino
Japanese = el japonés
Portuguese = el portugués
"""),
        "skill": phrases("""
well = bien
very well = muy bien
badly = mal
"""),
        "act": actions("""
learn new words = aprender palabras nuevas
practice the pronunciation = practicar la pronunciación
speak with the teacher = hablar con el profesor
translate a text = traducir un texto
learn English = aprender inglés
study Spanish = estudiar español
use the dictionary = usar el diccionario
"""),
        "word": nouns("""
word = la palabra
sentence = la frase
question = la pregunta
answer = la respuesta
"""),
    },
    templates=parse("""
{who} [speak@who] {language}. | {who} [hablar@who] {language}.
{who} [speak@who] {language} {skill}. | {who} [hablar@who] {skill} {language}.
{who} [don't@who] speak {language}. | {who} no [hablar@who] {language}.
[do@who] {who} speak {language}? | ¿{who} [hablar@who] {language}?
{who} [speak@who] {language} and {language2}. | {who} [hablar@who] {language} y {language2}.
{who} [understand@who] {language} {skill}. | {who} [entender@who] {skill} {language}.
{who} [don't@who] understand {language}. | {who} no [entender@who] {language}.
{who} [be@who] learning {language} {now}. | {who} [estar@who] aprendiendo {language} {now}.
{who} [want@who] to learn {language}. | {who} [querer@who] aprender {language}.
{language} is more difficult than {language2}. | {language:the} es más difícil que {language2:the}.
{language} is easy. | {language:the} es fácil.
How do you say this in {language}? | ¿Cómo se dice esto en {language}?
I don't understand {word:this}. | No entiendo {word:this}.
What does {word:this} mean? | ¿Qué significa {word:this}?
What does {word:this} mean in {language}? | ¿Qué significa {word:this} en {language}?
Translate {word:this} into {language}, please. | Traduce {word:this} al {language}, por favor.
Can you translate {word:this} into {language}? | ¿Puedes traducir {word:this} al {language}?
Write {word:the} in {language}. | Escribe {word:the} en {language}.
How many languages [do@third] {third} speak? | ¿Cuántos idiomas [hablar@third] {third}?
The book is in {language}. | El libro está en {language}.
{who} [write:past@who] a letter in {language}. | {who} [escribir:past@who] una carta en {language}.
"""),
)

TOPICS = (SCHOOL, UNIVERSITY, LANGUAGES)
