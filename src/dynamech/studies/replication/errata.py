"""Why some rows disagree: what is wrong in print, and what stands instead. Rows show every one of them."""

ERRATA: dict[str, str] = {
    "KLN-20": (
        "(20) and (21) let the others' later welfare follow a*_{-i}; it must follow the action "
        "that is taken, a*, as in the proof of Lemma 5.2. They differ where actions steer types."
    ),
    "KLN-18": "(18) has −β where (17) adds β; with +β it is the Bellman equation of (17).",
    "KLN-26": "(26) is a ratio of expectations, not the expectation of a ratio.",
    "KLN-5.1": (
        "Theorem 5.1 needs first signals with a density. With finitely many types a higher one "
        "who takes a lower one's contract also buys where the lower one does not."
    ),
    "KLN-7": (
        "In the example of correlated signals Pr(s_1 = 0) has to be 0: with s_1 in {0, 1} the "
        "price 1 extracts everything."
    ),
    "KLN-7-large": (
        "The gain needs no large c_×: there is one exactly where c_× > 2 c_+ on these grids, by a"
        " lie that need not be the swap."
    ),
    "KLN-6.1": (
        "α > 0 is not enough for a sale: with s_0 uniform, cost 3/10 and B up to 3/2 nobody below"
        " 3/5 buys at the price cost/α."
    ),
    "BV-multi-task": "The price of bidder 1 is +(1 − δ) v_2, the cost of delay that she imposes.",
    "BV-index": (
        "The index is a ratio of expectations, as the lecture notes have it, not the expectation of a ratio."
    ),
    "BV-exit": "The event is that there is a t ≥ τ with a* ≠ a*_{-i}; 'for all t' would be out at once.",
    "BV-7": "b_{I−k} sets the price of period I − k − 2, one before the one that is named.",
    "BV-option": (
        "With three bidders the price is at least the highest mean of the others, strictly more "
        "in few states."
    ),
    "BV-unique": (
        "Assumption 1 (2) asks for a type for every x ≥ 0. Finite types leave an interval of payments."
    ),
    "BV-contribution": (
        "M ≥ 0 needs values that are not negative; with values of either sign M ≥ O, what she has"
        " outside under a*_{-i}."
    ),
    "LN-order": "The others' tasks are served in descending order, as BV have it.",
    "LN-canonical": "The low type follows shocks below Pr(θ = θ^L | ·), not below Pr(θ = θ^H | ·).",
    "LN-progressive": (
        "The rent is subtracted, and the impulse response is θ_t Σ_s (−F_λ/f)(α_s)/α_s, not the "
        "recursion in print."
    ),
    "LN-transfers": "The transfer in print is minus the payment.",
    "LN-arrivals": "dU/dθ = E[e^{−rτ}], without θ.",
    "LN-monotone": (
        "Monotone in arrivals is about â ≥ a alone; for all pairs of dates nothing that ever "
        "serves at once has it."
    ),
    "LN-reserve": (
        "'Without reserve prices' is a reserve of 0 on the bid less the premium: a forced sale earns less."
    ),
    "LN-rent": (
        "No rent for what is learnt later is a fact of atomless types; with two first types and "
        "two values public shocks earn more."
    ),
    "LN-integral": (
        "With finitely many types rents are between bounds, and a rule that sells less to a "
        "higher first type can be paid for."
    ),
    "LIU-bonus": "The bonuses −4 and −16 pay 7 and 13; the surplus, 7 and 12, takes −3 and −15.",
    "LIU-action": "The bonuses are paid where a_1 = 2; there is no a_1 = 0.",
    "LIU-3": "The team payment is minus the sum of the others' utilities.",
    "LIU-eta": (
        "The chain in 3.3 has the sign reversed: the discounted subsidies are W − Σ δ^t u, and η "
        "is their expectation, positive."
    ),
    "LIU-19": "(19) lacks δ on the left.",
    "LIU-boundary": (
        "In a finite horizon the last step's claim has δ E[W_T − V_T^i] taken off; without it a "
        "lie before the last period pays."
    ),
    "LIU-theta0": "It is θ_0^1 that is misreported; a false θ_1^1 after a true θ_0^1 gains nothing.",
    "LIU-4": "The sums of (4) start at κ = 2: there is no action a^0, and the first action costs nothing.",
    "LIU-cone": "C(f) is a convex cone, not a subspace: with π it need not contain −π.",
    "LIU-residual": "Residuals of ε leave one lie up to 2 ε/(1 − δ), not ε.",
    "LIU-4.1": "Proposition 4.1 needs Assumption 2 or 3; bounded payoffs alone are not enough.",
    "LIU-generic": (
        "With three or fewer own signals convex independence and spanning are one condition, so "
        "that Assumption 3 is not strictly stronger there."
    ),
    "MPTZ-utility": (
        "With finitely many types (θ_{j+1} − θ_j)(1 − F_j)/f_j is what the largest payments "
        "leave. With payments that are not negative it is (θ_j − θ_{j−1})(1 − F_{j−1})/f_j, θ_0 ="
        " 0."
    ),
    "MPTZ-E1": "E[u] = E[ϑ x] holds before ironing; once values are ironed it is an inequality.",
    "MPTZ-points": (
        "The origin (0, 0) belongs to the points whose lower hull is taken: K points have K − 1 slopes."
    ),
    "MPTZ-ties": "Ties have to be broken at random to reach the optimum.",
    "MPTZ-monotone": "Where w_i = 0 all types are tied, and not every rule for ties is monotone.",
    "MPTZ-zeta": "ζ = 1 − e^{−μ²}; with the sign in print the lower price tends to 0, not to 1.",
    "MPTZ-6.3": "Half of the first item goes by the second-price auction: θ_1^{(2)} has a factor 1/2.",
    "MPTZ-D.1": (
        "(D.1) needs payments beside the spend that are never below 0; interim incentives leave optima"
        " in which a deposit exceeds θ x*, and there (D.1) and (D.2) fail on some paths."
    ),
    "MPTZ-C.2": "E[θ_1] = 1 + μ + (ln μ)/μ + o(·).",
    "MPTZ-C.1": (
        "Payments are unique on intervals; on finite supports what follows may depend on the report."
    ),
    "MPTZ-fee": (
        "Every buyer whose balance is μ or more pays μ, whether she wins or loses, as the formula"
        " for all buyers would need; charged to the winner alone it is not incentive compatible."
    ),
    "MPTZ-threshold": "The threshold is √t ln t.",
}
