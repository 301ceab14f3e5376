"""The works that the report cites."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Source:
    """A cited work.

    Attributes:
        label: Authors and year as the text prints them.
        entry: The full reference.
        url: Where to read it; may be empty.
    """

    label: str
    entry: str
    url: str = ""


SOURCES: dict[str, Source] = {
    "alexnet": Source(
        "Krizhevsky et al., 2012",
        "A. Krizhevsky, I. Sutskever and G. E. Hinton. ImageNet classification with deep "
        "convolutional neural networks. Advances in Neural Information Processing Systems 25, "
        "2012.",
        "https://papers.nips.cc/paper/4824-imagenet-classification-with-deep-convolutional-"
        "neural-networks",
    ),
    "one-weird-trick": Source(
        "Krizhevsky, 2014",
        "A. Krizhevsky. One weird trick for parallelizing convolutional neural networks. "
        "arXiv:1404.5997, 2014.",
        "https://arxiv.org/abs/1404.5997",
    ),
    "vgg": Source(
        "Simonyan and Zisserman, 2015",
        "K. Simonyan and A. Zisserman. Very deep convolutional networks for large-scale image "
        "recognition. International Conference on Learning Representations, 2015.",
        "https://arxiv.org/abs/1409.1556",
    ),
    "resnet": Source(
        "He et al., 2016",
        "K. He, X. Zhang, S. Ren and J. Sun. Deep residual learning for image recognition. "
        "IEEE Conference on Computer Vision and Pattern Recognition, 2016.",
        "https://arxiv.org/abs/1512.03385",
    ),
    "caltech101": Source(
        "Fei-Fei et al., 2004",
        "L. Fei-Fei, R. Fergus and P. Perona. Learning generative visual models from few training "
        "examples: an incremental Bayesian approach tested on 101 object categories. CVPR Workshop "
        "on Generative-Model Based Vision, 2004.",
        "https://doi.org/10.1109/CVPR.2004.383",
    ),
    "imagenet": Source(
        "Russakovsky et al., 2015",
        "O. Russakovsky et al. ImageNet large scale visual recognition challenge. International "
        "Journal of Computer Vision 115, 2015.",
        "https://arxiv.org/abs/1409.0575",
    ),
    "initialisation": Source(
        "He et al., 2015",
        "K. He, X. Zhang, S. Ren and J. Sun. Delving deep into rectifiers: surpassing human-level "
        "performance on ImageNet classification. IEEE International Conference on Computer "
        "Vision, 2015.",
        "https://arxiv.org/abs/1502.01852",
    ),
    "backpropagation": Source(
        "Rumelhart et al., 1986",
        "D. E. Rumelhart, G. E. Hinton and R. J. Williams. Learning representations by "
        "back-propagating errors. Nature 323, 1986.",
        "https://doi.org/10.1038/323533a0",
    ),
    "sgd": Source(
        "Robbins and Monro, 1951",
        "H. Robbins and S. Monro. A stochastic approximation method. The Annals of Mathematical "
        "Statistics 22(3), 1951.",
        "https://doi.org/10.1214/aoms/1177729586",
    ),
    "momentum": Source(
        "Sutskever et al., 2013",
        "I. Sutskever, J. Martens, G. Dahl and G. Hinton. On the importance of initialization and "
        "momentum in deep learning. International Conference on Machine Learning, 2013.",
        "https://proceedings.mlr.press/v28/sutskever13.html",
    ),
    "rprop": Source(
        "Riedmiller and Braun, 1993",
        "M. Riedmiller and H. Braun. A direct adaptive method for faster backpropagation "
        "learning: the RPROP algorithm. IEEE International Conference on Neural Networks, 1993.",
        "https://doi.org/10.1109/ICNN.1993.298623",
    ),
    "rmsprop": Source(
        "Tieleman and Hinton, 2012",
        "T. Tieleman and G. Hinton. Lecture 6.5, RMSProp: divide the gradient by a running average "
        "of its recent magnitude. Coursera: Neural Networks for Machine Learning, 2012.",
        "https://www.cs.toronto.edu/~tijmen/csc321/slides/lecture_slides_lec6.pdf",
    ),
    "adam": Source(
        "Kingma and Ba, 2015",
        "D. P. Kingma and J. Ba. Adam: a method for stochastic optimization. International "
        "Conference on Learning Representations, 2015.",
        "https://arxiv.org/abs/1412.6980",
    ),
    "decoupled": Source(
        "Loshchilov and Hutter, 2019",
        "I. Loshchilov and F. Hutter. Decoupled weight decay regularization. International "
        "Conference on Learning Representations, 2019.",
        "https://arxiv.org/abs/1711.05101",
    ),
    "linear-scaling": Source(
        "Goyal et al., 2017",
        "P. Goyal et al. Accurate, large minibatch SGD: training ImageNet in 1 hour. "
        "arXiv:1706.02677, 2017.",
        "https://arxiv.org/abs/1706.02677",
    ),
    "fixed-classifier": Source(
        "Hoffer et al., 2018",
        "E. Hoffer, I. Hubara and D. Soudry. Fix your classifier: the marginal value of training "
        "the last weight layer. International Conference on Learning Representations, 2018.",
        "https://arxiv.org/abs/1801.04540",
    ),
    "dropout": Source(
        "Srivastava et al., 2014",
        "N. Srivastava, G. Hinton, A. Krizhevsky, I. Sutskever and R. Salakhutdinov. Dropout: a "
        "simple way to prevent neural networks from overfitting. Journal of Machine Learning "
        "Research 15, 2014.",
        "https://jmlr.org/papers/v15/srivastava14a.html",
    ),
    "batch-normalisation": Source(
        "Ioffe and Szegedy, 2015",
        "S. Ioffe and C. Szegedy. Batch normalization: accelerating deep network training by "
        "reducing internal covariate shift. International Conference on Machine Learning, 2015.",
        "https://arxiv.org/abs/1502.03167",
    ),
    "transferable": Source(
        "Yosinski et al., 2014",
        "J. Yosinski, J. Clune, Y. Bengio and H. Lipson. How transferable are features in deep "
        "neural networks? Advances in Neural Information Processing Systems 27, 2014.",
        "https://arxiv.org/abs/1411.1792",
    ),
    "transfer-study": Source(
        "Kornblith et al., 2019",
        "S. Kornblith, J. Shlens and Q. V. Le. Do better ImageNet models transfer better? IEEE "
        "Conference on Computer Vision and Pattern Recognition, 2019.",
        "https://arxiv.org/abs/1805.08974",
    ),
    "augmentation": Source(
        "Shorten and Khoshgoftaar, 2019",
        "C. Shorten and T. M. Khoshgoftaar. A survey on image data augmentation for deep learning. "
        "Journal of Big Data 6(60), 2019.",
        "https://doi.org/10.1186/s40537-019-0197-0",
    ),
    "calibration": Source(
        "Guo et al., 2017",
        "C. Guo, G. Pleiss, Y. Sun and K. Q. Weinberger. On calibration of modern neural "
        "networks. International Conference on Machine Learning, 2017.",
        "https://arxiv.org/abs/1706.04599",
    ),
    "wilson": Source(
        "Wilson, 1927",
        "E. B. Wilson. Probable inference, the law of succession, and statistical inference. "
        "Journal of the American Statistical Association 22(158), 1927.",
        "https://doi.org/10.1080/01621459.1927.10502953",
    ),
    "newcombe": Source(
        "Newcombe, 1998",
        "R. G. Newcombe. Interval estimation for the difference between independent proportions: "
        "comparison of eleven methods. Statistics in Medicine 17(8), 1998.",
        "https://doi.org/10.1002/(SICI)1097-0258(19980430)17:8%3C873::AID-SIM779%3E3.0.CO;2-I",
    ),
    "holm": Source(
        "Holm, 1979",
        "S. Holm. A simple sequentially rejective multiple test procedure. Scandinavian Journal of "
        "Statistics 6(2), 1979.",
        "https://www.jstor.org/stable/4615733",
    ),
    "paired-interval": Source(
        "Bonett and Price, 2012",
        "D. G. Bonett and R. M. Price. Adjusted Wald confidence interval for a difference of "
        "binomial proportions based on paired data. Journal of Educational and Behavioral "
        "Statistics 37(4), 2012.",
        "https://doi.org/10.3102/1076998611411915",
    ),
    "mcnemar": Source(
        "McNemar, 1947",
        "Q. McNemar. Note on the sampling error of the difference between correlated proportions "
        "or percentages. Psychometrika 12(2), 1947.",
        "https://doi.org/10.1007/BF02295996",
    ),
    "pytorch": Source(
        "Paszke et al., 2019",
        "A. Paszke et al. PyTorch: an imperative style, high-performance deep learning library. "
        "Advances in Neural Information Processing Systems 32, 2019.",
        "https://arxiv.org/abs/1912.01703",
    ),
}
"""By the key that `cite` takes; the references list them in this order of themes."""
