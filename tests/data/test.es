Nadie duerme en el desván.
Nuestro cubo gotea.
