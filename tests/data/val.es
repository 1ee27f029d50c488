Cierra el cobertizo, por favor.
El pasillo está oscuro.
