"""How good the article's network is, trained as published: ten epochs, batches of 32, three seeds."""

import statistics

from bench.figures import Bench, Figure

TARGET = 0.675
SEEDS = (0, 1, 2)


def measure(bench: Bench) -> list[Figure]:
    data = bench.cifar_dataset
    runs = [bench.trained(data, f"article-{seed}", seed=seed) for seed in SEEDS]
    results = [bench.vitrine("evaluate", run["run_id"]) for run in runs]
    accuracies = [result["accuracy"] for result in results]
    mean, deviation = statistics.mean(accuracies), statistics.stdev(accuracies)
    each = ", ".join(f"{accuracy:.2%}" for accuracy in accuracies)
    return [
        Figure(
            name="test accuracy of article-cnn as published",
            target=f"at least {TARGET:.1%}",
            measured=f"{mean:.2%} ± {deviation:.2%} ({each})",
            sample=f"{len(SEEDS)} seeds, {results[0]['n']:,} test images each",
            conditions="CIFAR-10, JPEG copy; 45,000 images to train on, 5,000 held out; mean ± standard deviation",
            reached=mean >= TARGET,
        )
    ]
