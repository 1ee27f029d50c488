"""All topics, in the order of the corpus."""

from core.data.demo.topic import Topic
from core.data.demo.topics import (
    computing,
    culture,
    eating,
    home,
    leisure,
    meeting,
    nature,
    people,
    places,
    shopping,
    studies,
    time,
    travel,
    wellbeing,
    working,
)

TOPICS: tuple[Topic, ...] = (
    *meeting.TOPICS,
    *people.TOPICS,
    *home.TOPICS,
    *eating.TOPICS,
    *shopping.TOPICS,
    *time.TOPICS,
    *nature.TOPICS,
    *places.TOPICS,
    *travel.TOPICS,
    *studies.TOPICS,
    *working.TOPICS,
    *computing.TOPICS,
    *wellbeing.TOPICS,
    *leisure.TOPICS,
    *culture.TOPICS,
)
