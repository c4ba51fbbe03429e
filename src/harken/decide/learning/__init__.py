"""What customers answered -> what each action's chance depends on, and how sure that is.

    logit = global x context + (action features x context) + group x context + action x context

layout.py       which columns and features there are, by name    chances.py      candidates -> logits, and draws of them
laplace.py      one answer -> what it is worth as a Gaussian     calibration.py  the chance as served -> as it turned out
belief.py       Gaussians over weights, from which things        reasons.py      why this one: the largest contributions
                can be taken back exactly                        snapshot.py     the readers': immutable, to bytes and back
learner.py      the writer's own: teach, take back, forget       ranking.py      how good each is, in worlds that may be true
"""
