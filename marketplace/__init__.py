"""The ground floor: who meets whom, what is offered, who may see what, and what everything stands on."""
