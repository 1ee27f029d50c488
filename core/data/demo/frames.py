"""Sentence patterns shared by all topics; a topic uses those whose slots it has words for.

Classes that topics fill: `act` (what people do), `thing` (countable), `stuff` (what one likes, eats
or uses without counting), `place` (one goes there), `trait` and `state` (adjectives of things, with
ser and estar), `mood` and `nature` (of people, with estar and ser), `job`.
"""

from core.data.demo.template import Template, parse

ACTS = parse("""
{who} {act@who} {often}. | {who} {act@who} {often}.
{who} {act@who} {often}. | {who} {act@who} {often}.
{who} {ever} {act@who}. | {who} {ever} {act@who}.
{who} [don't@who] {act:inf@who}. | {who} no {act@who}.
{who} [don't@who] {act:inf@who} {often}. | {who} no {act@who} {often}.
[do@who] {who} {act:inf@who} {often}? | ¿{who} {act@who} {often}?
{who} {act:past@who} {ago}. | {who} {act:past@who} {ago}.
{who} {act:past@who} {ago}. | {who} {act:past@who} {ago}.
Did {who} {act:inf@who} {ago}? | ¿{who} {act:past@who} {ago}?
{who} didn't {act:inf@who} {ago}. | {who} no {act:past@who} {ago}.
{who} [be@who] going to {act:inf@who} {soon}. | {who} [ir@who] a {act:inf@who} {soon}.
[be@who] {who} going to {act:inf@who} {soon}? | ¿{who} [ir@who] a {act:inf@who} {soon}?
{who} [be@who] {act:ing@who} {now}. | {who} {act:prog@who} {now}.
{who} [be@who] not {act:ing@who} {now}. | {who} no {act:prog@who} {now}.
{who} will {act:inf@who} {soon}. | {who} {act:fut@who} {soon}.
{who} [want@who] to {act:inf@who}. | {who} [querer@who] {act:inf@who}.
{who} [don't@who] want to {act:inf@who}. | {who} no [querer@who] {act:inf@who}.
Do you want to {act:inf@you} {soon}? | ¿Quieres {act:inf@you} {soon}?
{who} [need@who] to {act:inf@who} {soon}. | {who} [necesitar@who] {act:inf@who} {soon}.
{who} [have@who] to {act:inf@who} {soon}. | {who} [tener@who] que {act:inf@who} {soon}.
{who} can {act:inf@who} {soon}. | {who} [poder@who] {act:inf@who} {soon}.
{who} can't {act:inf@who} {now}. | {who} no [poder@who] {act:inf@who} {now}.
{who} [like@who] to {act:inf@who}. | {who:dat} gusta {act:inf@who}.
{who} [don't@who] like to {act:inf@who}. | {who:nodat} gusta {act:inf@who}.
{who} would like to {act:inf@who}. | {who:dat} gustaría {act:inf@who}.
{who} [have@who] already {act:part@who}. | {who} ya {act:perf@who}.
Why do you want to {act:inf@you}? | ¿Por qué quieres {act:inf@you}?
When are you going to {act:inf@you}? | ¿Cuándo vas a {act:inf@you}?
When is {person} going to {act:inf@person}? | ¿Cuándo va {person} a {act:inf@person}?
Let's {act:inf@us} {soon}. | Vamos a {act:inf@us} {soon}.
If you want, we can {act:inf@us} {soon}. | Si quieres, podemos {act:inf@us} {soon}.
You should {act:inf@you} {soon}. | Deberías {act:inf@you} {soon}.
I forgot to {act:inf@me} {ago}. | Olvidé {act:inf@me} {ago}.
{who} [prefer@who] to {act:inf@who} {often}. | {who} [preferir@who] {act:inf@who} {often}.
""")

THINGS = parse("""
{who} [have@who] {thing:a}. | {who} [tener@who] {thing:a}.
{who} [have@who] {number} {thing:pl}. | {who} [tener@who] {number} {thing:pl}.
{who} [need@who] {thing:a}. | {who} [necesitar@who] {thing:a}.
{who} [don't@who] have {thing:a}. | {who} no [tener@who] {thing:a}.
Where is {thing:the}? | ¿Dónde está {thing:the}?
Where is {thing:poss@you}? | ¿Dónde está {thing:poss@you}?
{who} can't find {thing:poss@who}. | {who} no [encontrar@who] {thing:poss@who}.
{who} [be@who] looking for {thing:the}. | {who} [estar@who] buscando {thing:the}.
I like {thing:poss@you}. | Me gusta {thing:poss@you}.
Do you like {thing:this}? | ¿Te gusta {thing:this}?
Is {thing:this} yours? | ¿Es {thing:yours} {thing:this}?
{who} [see:past@who] {thing:a} {ago}. | {who} [ver:past@who] {thing:a} {ago}.
{who} [want@who] {thing:another}. | {who} [querer@who] {thing:another}.
Which {thing} do you prefer? | ¿Qué {thing} prefieres?
{thing:that} is mine. | {thing:that} es {thing:mine}.
Do you have {thing:a}? | ¿Tienes {thing:a}?
Can I see {thing:the}? | ¿Puedo ver {thing:the}?
This is {thing:poss@me}. | {thing:which} es {thing:poss@me}.
{thing:the} is {trait}. | {thing:the} es {trait@thing}.
{thing:poss@who} is very {trait}. | {thing:poss@who} es muy {trait@thing}.
{thing:this} is too {trait}. | {thing:this} es demasiado {trait@thing}.
Is {thing:the} {trait}? | ¿Es {trait@thing} {thing:the}?
{thing:the} isn't {trait}. | {thing:the} no es {trait@thing}.
{who} [want@who] a {trait} {thing}. | {who} [querer@who] {thing:a} {trait@thing}.
{who} [have@who] a {trait} {thing}. | {who} [tener@who] {thing:a} {trait@thing}.
What a {trait} {thing}! | ¡Qué {thing} tan {trait@thing}!
The {trait} {thing} is mine. | {thing:the} {trait@thing} es {thing:mine}.
{thing:the} is {state}. | {thing:the} está {state@thing}.
{thing:poss@who} is {state}. | {thing:poss@who} está {state@thing}.
Is {thing:the} {state}? | ¿Está {state@thing} {thing:the}?
Why is {thing:the} {state}? | ¿Por qué está {state@thing} {thing:the}?
{thing:the} isn't {state}. | {thing:the} no está {state@thing}.
""")

STUFF = parse("""
{who} [like@who] {stuff}. | {who:dat} [gustar@stuff] {stuff:the}.
{who} [don't@who] like {stuff}. | {who:nodat} [gustar@stuff] {stuff:the}.
[do@who] {who} like {stuff}? | ¿{who:dat} [gustar@stuff] {stuff:the}?
I like {stuff} and {stuff2}. | Me gustan {stuff:the} y {stuff2:the}.
Do you want {stuff}? | ¿Quieres {stuff}?
{who} [want@who] {stuff}. | {who} [querer@who] {stuff}.
{who} [need@who] {stuff} and {stuff2}. | {who} [necesitar@who] {stuff} y {stuff2}.
There is no {stuff}. | No hay {stuff}.
{who} [prefer@who] {stuff} to {stuff2}. | {who} [preferir@who] {stuff:the} a {stuff2:the}.
{who} [buy:past@who] {stuff} {ago}. | {who} [comprar:past@who] {stuff} {ago}.
{who} [want@who] {stuff} without {stuff2}. | {who} [querer@who] {stuff} sin {stuff2}.
""")

PLACES = parse("""
Where is {place:the}? | ¿Dónde está {place:the}?
How do I get to {place:the}? | ¿Cómo llego a {place:the}?
Is there {place:a} near here? | ¿Hay {place:a} cerca de aquí?
There is {place:a} near my house. | Hay {place:a} cerca de mi casa.
{who} [go@who] to {place:the} {often}. | {who} [ir@who] a {place:the} {often}.
{who} [go:past@who] to {place:the} {ago}. | {who} [ir:past@who] a {place:the} {ago}.
{who} [be@who] going to {place:the} {now}. | {who} [ir@who] a {place:the} {now}.
{place:the} is far from here. | {place:the} está lejos de aquí.
{place:the} is near {place2:the}. | {place:the} está cerca de {place2:the}.
Is {place:the} far from {place2:the}? | ¿Está {place:the} lejos de {place2:the}?
{place:the} is {open} {soon}. | {place:the} está {open@place} {soon}.
{place:the} is {open} {often}. | {place:the} está {open@place} {often}.
Is {place:the} {open} {now}? | ¿Está {open@place} {place:the} {now}?
{who} [want@who] to go to {place:the} {soon}. | {who} [querer@who] ir a {place:the} {soon}.
""")

FOLK = parse("""
{who} [be@who] {mood}. | {who} [estar@who] {mood@who}.
{who} [be@who] very {mood} {now}. | {who} [estar@who] muy {mood@who} {now}.
{who} [be@who] not {mood}. | {who} no [estar@who] {mood@who}.
[be@who] {who} {mood}? | ¿{who} [estar@who] {mood@who}?
Why [be@who] {who} {mood}? | ¿Por qué [estar@who] {mood@who} {who}?
{who} [be@who] {nature}. | {who} [ser@who] {nature@who}.
{who} [be@who] very {nature}. | {who} [ser@who] muy {nature@who}.
[be@who] {who} {nature}? | ¿{who} [ser@who] {nature@who}?
{who} [be@who] {nature} and {nature2}. | {who} [ser@who] {nature@who} y {nature2@who}.
{one} [be@one] a {job}. | {one} [ser@one] {job@one}.
[be@one] {one} a {job}? | ¿{one} [ser@one] {job@one}?
{one} [be@one] not a {job}. | {one} no [ser@one] {job@one}.
{one} [want@one] to be a {job}. | {one} [querer@one] ser {job@one}.
{one} [work@one] as a {job}. | {one} [trabajar@one] de {job@one}.
""")

FRAMES: tuple[Template, ...] = (*ACTS, *THINGS, *STUFF, *PLACES, *FOLK)
